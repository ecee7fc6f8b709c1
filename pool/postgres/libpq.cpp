#include "libpq.h"

namespace grove::postgres {
namespace {

std::string without_line_end(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

}  // namespace

PostgresError::~PostgresError() = default;

std::string text_of(const PGconn* connection) {
    return without_line_end(PQerrorMessage(connection));
}

PostgresError error_of(const PGresult* result) {
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return {without_line_end(PQresultErrorMessage(result)), code != nullptr ? code : "08006"};
}

}  // namespace grove::postgres
