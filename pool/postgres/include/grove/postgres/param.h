// param.h - values for $1, $2 ... of a statement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::postgres {

/// One value, which the server reads as the type that the statement needs there. A value type.
class GROVE_EXPORT Param {
public:
    Param(std::nullopt_t) {}        ///< NULL.
    Param(bool value);              ///< "t" or "f".
    Param(int value);               ///< In decimal digits.
    Param(std::int64_t value);      ///< The same.
    Param(double value);            ///< As many digits as it takes to read it back unchanged.
    Param(std::string value);       ///< @throws std::invalid_argument if it contains a NUL byte
    Param(std::string_view value);  ///< Likewise.
    Param(const char* value);       ///< Likewise; null: std::invalid_argument.
    /// Raw bytes, for a bytea.
    static Param bytes(std::string_view value);

    /// The text or bytes that are sent; nullopt: NULL.
    [[nodiscard]] const std::optional<std::string>& value() const noexcept { return value_; }
    [[nodiscard]] bool binary() const noexcept { return binary_; }  ///< Made by bytes().

private:
    std::optional<std::string> value_;
    bool binary_ = false;
};

/// Those of a statement, from $1 on.
using Params = std::vector<Param>;

}  // namespace grove::postgres
