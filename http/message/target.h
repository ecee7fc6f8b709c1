// target.h - the request target: its forms (RFC 9112 section 3.2) and its escapes (RFC 3986
// section 2.1).
#pragma once

#include <string>
#include <string_view>

#include "refusal.h"
#include "request_head.h"

namespace grove::http {

/// Sets path and query from `head.target`, and host from one in absolute form. `*` goes with
/// OPTIONS only. A path that holds a NUL once decoded is refused: it would end early in somebody's
/// C string.
Refusal split_target(RequestHead& head) noexcept;

/// `text` with each `%` and two hex digits made one byte, once. Other `%` stay as they are, so does
/// `+`.
[[nodiscard]] std::string percent_decode(std::string_view text);

}  // namespace grove::http
