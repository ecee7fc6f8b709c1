// tls_client_rules.h - what a server asks of its clients' certificates.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include <grove/core/tls_options.h>

#include "openssl_ptr.h"

namespace grove {

/// Read once, for all SSL_CTXs of a server.
class TlsClientRules {
public:
    /// @throws TlsOptionError
    TlsClientRules(const TlsServerOptions& options, const TlsFileText& text);

    /// The names of the authorities are told to clients.
    void apply(SSL_CTX* ctx) const;

private:
    using StorePtr = std::unique_ptr<X509_STORE, OpensslDeleter<&X509_STORE_free>>;

    void refuse_revoked(const std::string& file, const TlsFileText& text);

    ClientCertificates asked_;
    std::vector<X509Ptr> authorities_;
    StorePtr store_;
    std::string scope_;  // of sessions
};

}  // namespace grove
