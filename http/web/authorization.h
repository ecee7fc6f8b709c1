// authorization.h - the fields Authorization and WWW-Authenticate (RFC 9110 section 11).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace grove::web {

/// What follows `scheme`, in any case, in an Authorization field; nullopt: another scheme, or none.
[[nodiscard]] std::optional<std::string_view> credentials_of(std::string_view field,
                                                             std::string_view scheme) noexcept;

/// `scheme` realm="…". @throws std::invalid_argument  `realm` cannot be a field's value
[[nodiscard]] std::string challenge(std::string_view scheme, std::string_view realm);

}  // namespace grove::web
