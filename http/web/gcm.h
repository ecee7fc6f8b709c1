// gcm.h - AES-256-GCM (NIST SP 800-38D) by OpenSSL. Any thread; never switches.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace grove::web {

using GcmKey = std::span<const unsigned char, 32>;
using GcmNonce = std::array<unsigned char, 12>;
inline constexpr std::size_t kGcmExtra = 16;  // the tag, behind what is sealed

/// @param nonce  never twice with one key
/// @param under  is not in the result, but must be the same to open it
/// @throws std::runtime_error  OpenSSL fails
[[nodiscard]] std::string gcm_seal(GcmKey key, const GcmNonce& nonce, std::string_view under,
                                   std::string_view plain);
/// nullopt: gcm_seal() did not make `sealed` of these. @throws std::runtime_error  OpenSSL fails
[[nodiscard]] std::optional<std::string> gcm_open(GcmKey key, const GcmNonce& nonce,
                                                  std::string_view under, std::string_view sealed);

}  // namespace grove::web
