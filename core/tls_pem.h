// tls_pem.h - certificates, keys and authorities out of PEM files, wherever their text comes from.
#pragma once

#include <cstddef>
#include <string>

#include <openssl/ssl.h>

#include <grove/core/tls.h>

namespace grove {

/// The text of one file. What is read may be a private key: it does not stay in memory.
class PemText {
public:
    /// @param text  null: the disk's. @param what  for the message: "the key \"key.pem\""
    /// @throws TlsError  it cannot be read
    PemText(const std::string& file, const TlsFileText& text, const std::string& what);
    ~PemText();
    PemText(const PemText&) = delete;
    PemText& operator=(const PemText&) = delete;

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// `ctx` shows this certificate.
/// @param place  among the certificates, for the fault
/// @throws TlsError that names the file; TlsEncrypted
void use_certificate(SSL_CTX* ctx, const TlsCertificate& certificate, std::size_t place,
                     const TlsFileText& text);

/// `ctx` believes what these authorities have signed; a server tells their names to clients.
/// @param what  as of PemText. @throws TlsError; TlsEncrypted
void use_authorities(SSL_CTX* ctx, const PemText& authorities, const std::string& what);

}  // namespace grove
