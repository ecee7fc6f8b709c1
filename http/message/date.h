// date.h - the value of a Date field (RFC 9110 section 5.6.7: IMF-fixdate).
#pragma once

#include <ctime>
#include <string_view>

namespace grove::http {

/// `now` as "Sun, 06 Nov 1994 08:49:37 GMT", always 29 bytes. Each thread keeps the last second it
/// formatted, so asking again within the same second costs a comparison.
/// @return a view of that thread's text, valid until its next call: copy it before anything
/// switches.
/// @pre `now` lies in the years 0-9999.
[[nodiscard]] std::string_view http_date(std::time_t now) noexcept;

}  // namespace grove::http
