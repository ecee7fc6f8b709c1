// tls_pem.h - certificates, keys and authorities out of PEM files, wherever their text comes from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include <grove/core/tls_options.h>

#include "openssl_ptr.h"
#include "tls_error.h"

namespace grove {

/// What one file holds, DER too. What is read may be a private key: it does not stay in memory.
class PemText {
public:
    /// @param text  null: the disk's
    /// @throws TlsOptionError  it cannot be read
    PemText(const std::string& file, const TlsFileText& text, const TlsOption& option);
    ~PemText();
    PemText(const PemText&) = delete;
    PemText& operator=(const PemText&) = delete;

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// `ctx` shows this certificate, too: of each kind of key it can have one.
/// @param place  as in TlsOptionError
/// @throws TlsOptionError that names the file
void use_certificate(SSL_CTX* ctx, const TlsCertificate& certificate, std::size_t place,
                     const TlsFileText& text);

/// The certificates of these authorities, at least one. @throws TlsOptionError
std::vector<X509Ptr> read_authorities(const PemText& authorities, const TlsOption& option);
/// Lists of revoked certificates, at least one. @throws TlsOptionError
std::vector<CrlPtr> read_crls(const PemText& lists, const TlsOption& option);

}  // namespace grove
