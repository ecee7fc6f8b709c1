// certificate_expiry.h - until when a server can show the certificates that it has.
#pragma once

#include <chrono>
#include <string>
#include <vector>

/// By the name that clients ask for; "": those that are shown to all others.
struct CertificateExpiry {
    std::string name{};
    std::chrono::system_clock::time_point
        until{};  ///< The first end of a certificate that stands there.
};

using CertificateExpiries = std::vector<CertificateExpiry>;  ///< Each name once.
