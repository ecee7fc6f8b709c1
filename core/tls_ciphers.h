// tls_ciphers.h - what a server encrypts with.
#pragma once

#include <openssl/ssl.h>

#include <grove/core/tls_options.h>

namespace grove {

/// Ciphers of TLS 1.2, ciphersuites of TLS 1.3 and groups for the exchange of keys. @throws TlsOptionError
void set_ciphers(SSL_CTX* ctx, const TlsServerOptions& options);

}  // namespace grove
