// libpq.h - libpq's objects with owners, and what its errors are called here.
#pragma once

#include <memory>
#include <string>

#include <libpq-fe.h>

#include <grove/postgres/error.h>

namespace grove::postgres {

template <auto kFunction>
struct FreedBy {
    template <class T>
    void operator()(T* object) const noexcept {
        kFunction(object);
    }
};

using ConnPtr = std::unique_ptr<PGconn, FreedBy<PQfinish>>;
using ResultPtr = std::unique_ptr<PGresult, FreedBy<PQclear>>;
using OptionsPtr = std::unique_ptr<PQconninfoOption, FreedBy<PQconninfoFree>>;
using BytesPtr = std::unique_ptr<char, FreedBy<PQfreemem>>;

/// What libpq says of a connection, without its line end.
std::string text_of(const PGconn* connection);
PostgresError error_of(const PGresult* result);

}  // namespace grove::postgres
