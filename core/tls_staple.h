// tls_staple.h - an OCSP response that a server shows with its certificate (RFC 6066, section 8).
#pragma once

#include <ctime>
#include <string>

#include <openssl/ssl.h>

#include "tls_error.h"

namespace grove {

class TlsStaple {
public:
    /// @param der  the response. @throws TlsOptionError  it is none, or not about the certificate
    TlsStaple(std::string der, X509* certificate, const TlsOption& option);

    /// If it is in date. @return what OpenSSL's callback answers
    int show(SSL* ssl) const;

private:
    std::string der_;
    std::time_t from_ = 0;
    std::time_t until_ = 0;  // 0: it does not say
};

}  // namespace grove
