#include "tls_client_rules.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "tls_error.h"
#include "tls_pem.h"
#include "tls_tickets.h"

namespace grove {
namespace {

// The handshake goes on, and SSL_get_verify_result() is the first fault that was found.
int let_in_with_verdict(X509_STORE_CTX* chain, void*) {
    const int verdict = ::X509_verify_cert(chain);
    if (verdict != 1 && ::X509_STORE_CTX_get_error(chain) == X509_V_OK)
        ::X509_STORE_CTX_set_error(chain, X509_V_ERR_UNSPECIFIED);
    ::ERR_clear_error();
    return 1;
}

}  // namespace

TlsClientRules::TlsClientRules(const TlsServerOptions& options, const TlsFileText& text)
    : asked_{options.client_certificates} {
    if (asked_ == ClientCertificates::kNone) return;
    const TlsOption option{"the clients' authority \"" + options.client_ca_file + "\"",
                           TlsOptionError::Option::kAuthorities};
    const PemText pem{options.client_ca_file, text, option};
    authorities_ = read_authorities(pem, option);
    store_.reset(::X509_STORE_new());
    if (store_ == nullptr) throw_tls_error("X509_STORE_new");
    for (const X509Ptr& authority : authorities_) {
        if (::X509_STORE_add_cert(store_.get(), authority.get()) != 1)
            throw_option_error(option, "cannot use " + option.name);
    }
    scope_ = asked_ == ClientCertificates::kRequired ? "required " : "optional ";
    scope_ += pem.text();
    if (!options.client_crl.empty()) refuse_revoked(options.client_crl, text);
}

// Of the whole chain: an authority without a list may have revoked anything.
void TlsClientRules::refuse_revoked(const std::string& file, const TlsFileText& text) {
    const TlsOption option{"the clients' revocation list \"" + file + "\"",
                           TlsOptionError::Option::kClientCrl};
    const PemText pem{file, text, option};
    for (const CrlPtr& list : read_crls(pem, option)) {
        if (::X509_STORE_add_crl(store_.get(), list.get()) != 1)
            throw_option_error(option, "cannot use " + option.name);
    }
    ::X509_STORE_set_flags(store_.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    scope_ += " but for " + pem.text();
}

void TlsClientRules::apply(SSL_CTX* ctx) const {
    bind_sessions(ctx, scope_);
    if (asked_ == ClientCertificates::kNone) return;
    for (const X509Ptr& authority : authorities_) {
        if (::SSL_CTX_add_client_CA(ctx, authority.get()) != 1)
            throw_tls_error("SSL_CTX_add_client_CA");
    }
    // Sessions by tickets alone: those are looked at (tls_tickets.h).
    ::SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set1_cert_store(ctx, store_.get());
    if (asked_ == ClientCertificates::kRequired) {
        ::SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    } else {
        ::SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        ::SSL_CTX_set_cert_verify_callback(ctx, &let_in_with_verdict, nullptr);
    }
}

}  // namespace grove
