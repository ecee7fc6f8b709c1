// tls_info.h - what a TLS handshake came to: Stream::tls() has it.
#pragma once

#include <string>

namespace grove {

/// The result of a handshake.
struct TlsInfo {
    std::string version{};       ///< "TLSv1.3"
    std::string cipher{};        ///< "TLS_AES_256_GCM_SHA384"
    std::string alpn{};          ///< "" if none was agreed on.
    std::string server_name{};   ///< Asked for by the client (SNI).
    std::string peer_subject{};  ///< "CN=client" (RFC 2253); "" if no certificate was shown.
    bool peer_verified = false;  ///< A certificate was shown, and is good.
    std::string
        peer_fault{};  ///< Why it is bad: "certificate has expired"; "": good, or not checked.
    std::string peer_issuer{};  ///< The issuer of the certificate, as peer_subject.
    std::string peer_serial{};  ///< Its serial number, in hexadecimal: "03A1".
    std::string peer_until{};   ///< The end of its validity: "Nov 30 22:19:30 2026 GMT".
    bool resumed = false;       ///< A session was resumed: no certificates were sent.
};

}  // namespace grove
