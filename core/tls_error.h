// tls_error.h - OpenSSL's error queue as a TlsError.
#pragma once

#include <cstddef>
#include <string>

#include <grove/core/tls.h>

namespace grove {

/// Empties the queue of this thread. To be called before anything can switch.
[[noreturn]] void throw_tls_error(const std::string& what);
[[noreturn]] void throw_tls_error(int system_error, const std::string& what);
/// @param name  "the key \"key.pem\""
/// @param certificate  as in TlsEncrypted
[[noreturn]] void throw_encrypted(const std::string& name, TlsEncrypted::File file,
                                  std::size_t certificate);

}  // namespace grove
