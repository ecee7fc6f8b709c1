// content_length.h - the value of a Content-Length field (RFC 9110 section 8.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace grove::http {

/// 1 to 19 digits and nothing else, so that the number fits; nullopt otherwise. No sign, no list,
/// no white space: what two readers could understand differently is not a length.
[[nodiscard]] std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept;

}  // namespace grove::http
