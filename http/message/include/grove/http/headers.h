// headers.h - a list of header fields, and the characters RFC 9110 allows in them.
//
// All functions: any thread, never switch, never throw.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Fields in the order they are sent: name, value (PEP 3333's response_headers).
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Whether two field names or tokens are the same; the case of ASCII letters does not count.
[[nodiscard]] GROVE_EXPORT bool iequals(std::string_view left, std::string_view right) noexcept;

/// The value of the first field of that name, in any case; null if there is no such field. The
/// pointer is valid until `headers` changes.
[[nodiscard]] GROVE_EXPORT const std::string* find(const Headers& headers,
                                                   std::string_view name) noexcept;

/// Whether `text` is a token (RFC 9110 section 5.6.2), as methods and field names are; an empty
/// text is not a token.
[[nodiscard]] GROVE_EXPORT bool is_token(std::string_view text) noexcept;

/// Whether `text` may be a field's value: 0x21-0xFF without DEL, SP and HTAB; an empty text may.
/// Bytes from 0x80 on pass as they are (obs-text, RFC 9110 section 5.5).
[[nodiscard]] GROVE_EXPORT bool is_field_value(std::string_view text) noexcept;

}  // namespace grove::http
