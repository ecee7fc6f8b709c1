// tls_files.h - what a TlsContext has read: one SSL_CTX a host name, and a client's sessions.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include <grove/core/tls_options.h>

#include "openssl_ptr.h"
#include "tls_staple.h"

namespace grove {

class TlsClientRules;

/// Kept by every connection made with it: a reload leaves those as they are.
class TlsFiles {
public:
    /// @param text  null: of the disk
    TlsFiles(const TlsServerOptions& options, const TlsFileText& text);
    explicit TlsFiles(const TlsClientOptions& options);

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
