// hmac_sha256.h - HMAC-SHA-256 (RFC 2104) by OpenSSL. Any thread; never switches.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace grove::web {

using HmacSha256 = std::array<unsigned char, 32>;

/// Of `first`, a NUL and `rest`: no two pairs have the same bytes, as `first` has no NUL.
/// @throws std::runtime_error  OpenSSL fails
[[nodiscard]] HmacSha256 hmac_sha256(std::span<const unsigned char> key, std::string_view first,
                                     std::string_view rest);
/// Of `text`.
[[nodiscard]] HmacSha256 hmac_sha256(std::span<const unsigned char> key, std::string_view text);
[[nodiscard]] HmacSha256 hmac_sha256(std::string_view key, std::string_view text);

}  // namespace grove::web
