// tls_files.h - what a TlsContext has read: one SSL_CTX a host name, and a client's sessions.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include <grove/core/tls.h>

#include "tls_staple.h"

namespace grove {

class TlsClientRules;

template <auto kFree>
struct OpensslDeleter {
    template <class T>
    void operator()(T* object) const noexcept {
        kFree(object);
    }
};
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDeleter<&SSL_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<&BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<&X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, OpensslDeleter<&X509_CRL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OpensslDeleter<&SSL_SESSION_free>>;

/// Kept by every connection made with it: a reload leaves those as they are.
class TlsContext::Files {
public:
    /// @param text  null: of the disk
    Files(const TlsServerOptions& options, const TlsFileText& text);
    explicit Files(const TlsClientOptions& options);

    /// @param alpn as in TlsLayer
    [[nodiscard]] SslPtr new_server(const char* alpn = nullptr) const;
    /// Asks for and checks `server_name`, and offers an earlier session with it.
    [[nodiscard]] SslPtr new_client(const std::string& server_name) const;

private:
    SSL_CTX* add(TlsVersion minimum);
    SSL_CTX* add_server(std::span<const TlsCertificate> certificates,
                        const TlsServerOptions& options, const TlsClientRules& clients,
                        const TlsFileText& text);
    void add_name(const std::string& host, SSL_CTX* ctx);
    [[nodiscard]] SSL_CTX* context_for(const char* host) const;
    void add_staple(SSL_CTX* ctx, const std::string& file, const TlsFileText& text);
    static int show_staple(SSL* ssl, void* files);
    static int choose_certificate(SSL* ssl, int* alert, void* files);
    static int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_bytes,
                               const unsigned char* in, unsigned in_bytes, void* files);
    static int keep_session(SSL* ssl, SSL_SESSION* session);

    std::shared_ptr<TlsTicketKeys> ticket_keys_;
    std::vector<SslCtxPtr> contexts_;
    std::size_t standard_ = 0;                  // so many of them are for whom no name is
    std::size_t certificates_ = 0;              // read
    std::map<std::string, SSL_CTX*> names_;     // in lower case
    std::map<const X509*, TlsStaple> staples_;  // of certificates in contexts_
    std::string alpn_;                          // as TLS writes it: each name after its length
    mutable std::map<std::string, SessionPtr> sessions_;
};

}  // namespace grove
