// origin.h - an Origin field's value, and those that configurations name (RFC 6454 section 7).
#pragma once

#include <string>
#include <string_view>

namespace grove::web {

/// scheme://host or scheme://host:port in lower case, as browsers write it: no path, no user, no
/// default port. Never throws.
[[nodiscard]] bool is_origin(std::string_view text) noexcept;

/// @throws std::invalid_argument  `origin` is no origin, naming `who` has it
void require_origin(const std::string& who, std::string_view origin);

}  // namespace grove::web
