// cookie_date.h - the date of a cookie's Expires, as browsers read it (RFC 6265 section 5.1.1).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace grove::http {

/// nullopt: it is none. Any thread.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text);

}  // namespace grove::http
