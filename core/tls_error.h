// tls_error.h - OpenSSL's error queue as a TlsError.
#pragma once

#include <cstddef>
#include <string>

#include <grove/core/tls.h>

namespace grove {

/// Empties the queue of this thread. To be called before anything can switch.
[[noreturn]] void throw_tls_error(const std::string& what);
[[noreturn]] void throw_tls_error(int system_error, const std::string& what);
/// What a file of a TlsContext is, as a fault tells it.
struct TlsFileRole {
    std::string name;  ///< "the key \"key.pem\""
    TlsOptionError::Option option;
    std::size_t certificate = 0;  ///< As in TlsOptionError.
};

/// The same as a fault of that file. @param what  begins or ends with the name of the file
[[noreturn]] void throw_option_error(const TlsFileRole& role, const std::string& what);
[[noreturn]] void throw_option_error(const TlsFileRole& role, int system_error,
                                     const std::string& what);
[[noreturn]] void throw_encrypted(const TlsFileRole& role);

}  // namespace grove
