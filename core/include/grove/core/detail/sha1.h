// sha1.h - the digest that the handshake of a WebSocket asks for. Thread: any.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::detail {

/// The 20 bytes of SHA-1 (FIPS 180-4) of `bytes` in base64, which are 28 characters. Not for secrets: SHA-1 is broken as a
/// hash that resists collisions.
/// @throws std::runtime_error  OpenSSL has no SHA-1, such as by its configuration
GROVE_EXPORT std::string sha1_in_base64(std::string_view bytes);

}  // namespace grove::detail
