// tls_error.h - OpenSSL's error queue as a TlsError.
#pragma once

#include <cstddef>
#include <string>

#include <grove/core/errors.h>

namespace grove {

/// Empties the queue of this thread. To be called before anything can switch.
[[noreturn]] void throw_tls_error(const std::string& what);
[[noreturn]] void throw_tls_error(int system_error, const std::string& what);
/// What of a TlsContext is at fault.
struct TlsOption {
    std::string name;  ///< "the key \"key.pem\""
    TlsOptionError::Option which;
    std::size_t certificate = 0;  ///< As in TlsOptionError.
};

/// The same as a TlsOptionError. @param what  has the name of the option
[[noreturn]] void throw_option_error(const TlsOption& option, const std::string& what);
[[noreturn]] void throw_option_error(const TlsOption& option, int system_error,
                                     const std::string& what);
[[noreturn]] void throw_encrypted(const TlsOption& option);

}  // namespace grove
