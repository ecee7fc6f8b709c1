// base64.h - RFC 4648: base64 with padding (section 4), and base64url without (section 5).
//
// Decoding is strict: each text has one form, so that bits which nobody reads cannot be changed.
// Any thread; never switches.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace grove::web {

[[nodiscard]] std::string encode_base64url(std::string_view bytes);
/// nullopt: not what encode_base64url() makes.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);
/// nullopt: not canonical, or not padded to a multiple of 4.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace grove::web
