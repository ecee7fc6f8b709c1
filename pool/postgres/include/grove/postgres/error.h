// error.h - what PostgreSQL, or the way to it, refuses.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <grove/core/detail/export.h>

namespace grove::postgres {

/// A statement failed: the connection stays usable. Or the connection could not be made, or is
/// gone: its further calls throw, too.
class GROVE_EXPORT PostgresError : public std::runtime_error {
public:
    /// Made by a Connection.
    PostgresError(const std::string& text, std::string sqlstate)
        : std::runtime_error{text}, sqlstate_{std::move(sqlstate)} {}
    ~PostgresError() override;

    /// Five characters, such as "23505" (PostgreSQL's Appendix A); "08006" if the connection is
    /// gone, "08001" if it could not be made.
    [[nodiscard]] std::string_view sqlstate() const { return sqlstate_; }

private:
    std::string sqlstate_;
};

}  // namespace grove::postgres
