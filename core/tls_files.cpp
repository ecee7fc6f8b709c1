#include "tls_files.h"

#include <stdexcept>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls_error.h"
#include "tls_pem.h"
#include "tls_tickets.h"

namespace grove {
namespace {

constexpr std::size_t kSessionsKept = 1000;
// What an SSL's application data is: index 0 needs no registration, and no SSL is both.
constexpr int kFilesSlot = 0;  // of a client
constexpr int kAlpnSlot = 0;   // of a server

void require(int result, const std::string& what) {
    if (result != 1) throw_tls_error(what);
}

std::string alpn_list(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        if (name.empty() || name.size() > 255)
            throw std::invalid_argument{"ALPN name \"" + name + "\" has not 1 to 255 bytes"};
        list += static_cast<char>(name.size());
        list += name;
    }
    return list;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_address(const std::string& name) {
    ASN1_OCTET_STRING* const address = ::a2i_IPADDRESS(name.c_str());
    ::ASN1_OCTET_STRING_free(address);
    ::ERR_clear_error();
    return address != nullptr;
}

}  // namespace

SSL_CTX* TlsContext::Files::add(const TlsCertificate& certificate, TlsVersion minimum,
                                const TlsFileText& text) {
    SslCtxPtr owned{::SSL_CTX_new(::TLS_method())};
    if (owned == nullptr) throw_tls_error("SSL_CTX_new");
    SSL_CTX* const ctx = owned.get();
    ::SSL_CTX_set_min_proto_version(ctx,
                                    minimum == TlsVersion::k1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    ::SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    if (!certificate.chain_file.empty()) use_certificate(ctx, certificate, contexts_.size(), text);
    contexts_.push_back(std::move(owned));
    return ctx;
}

TlsContext::Files::Files(const TlsServerOptions& options, const TlsFileText& text)
    : ticket_keys_{options.ticket_keys}, alpn_{alpn_list(options.alpn)} {
    if (options.certificates.empty())
        throw std::invalid_argument{"a TLS server needs a certificate"};
    for (const TlsCertificate& certificate : options.certificates)
        set_up_server(add(certificate, options.minimum, text), options, text);
    // What the macro SSL_CTX_set_tlsext_servername_callback does, without its C cast.
    ::SSL_CTX_callback_ctrl(contexts_[0].get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                            reinterpret_cast<void (*)()>(&Files::choose_certificate));
    ::SSL_CTX_set_tlsext_servername_arg(contexts_[0].get(), this);
}

void TlsContext::Files::set_up_server(SSL_CTX* ctx, const TlsServerOptions& options,
                                      const TlsFileText& text) {
    ::SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (!options.ciphers.empty()) {
        require(::SSL_CTX_set_cipher_list(ctx, options.ciphers.c_str()),
                "no cipher of \"" + options.ciphers + "\" is known");
    }
    seal_tickets(ctx, *ticket_keys_);
    ::SSL_CTX_set_alpn_select_cb(ctx, &Files::choose_protocol, this);
    if (options.client_certificates == ClientCertificates::kNone)
        return bind_sessions(ctx, options.client_certificates, "");
    const std::string what = "the clients' authority \"" + options.client_ca_file + "\"";
    const PemText authorities{options.client_ca_file, text, what};
    use_authorities(ctx, authorities, what);
    bind_sessions(ctx, options.client_certificates, authorities.text());
    const bool required = options.client_certificates == ClientCertificates::kRequired;
    ::SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                         nullptr);
}

TlsContext::Files::Files(const TlsClientOptions& options) : alpn_{alpn_list(options.alpn)} {
    SSL_CTX* const ctx = add(options.certificate, options.minimum, {});
    if (options.verify) {
        ::SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        const std::string what = "the authorities \"" + options.ca_file + "\"";
        if (options.ca_file.empty()) {
            require(::SSL_CTX_set_default_verify_paths(ctx),
                    "cannot read the system's authorities");
        } else {
            use_authorities(ctx, PemText{options.ca_file, {}, what}, what);
        }
    }
    if (!alpn_.empty())
        ::SSL_CTX_set_alpn_protos(ctx, bytes_of(alpn_), static_cast<unsigned>(alpn_.size()));
    if (!options.resume) return;
    ::SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(ctx, &Files::keep_session);
}

SslPtr TlsContext::Files::new_server(const char* alpn) const {
    SslPtr ssl{::SSL_new(contexts_[0].get())};
    if (ssl == nullptr) throw_tls_error("SSL_new");
    ::SSL_set_ex_data(ssl.get(), kAlpnSlot, const_cast<char*>(alpn));
    ::SSL_set_accept_state(ssl.get());
    return ssl;
}

SslPtr TlsContext::Files::new_client(const std::string& server_name) const {
    SslPtr ssl{::SSL_new(contexts_[0].get())};
    if (ssl == nullptr) throw_tls_error("SSL_new");
    ::SSL_set_connect_state(ssl.get());
    ::SSL_set_ex_data(ssl.get(), kFilesSlot, const_cast<Files*>(this));
    if (is_address(server_name)) {
        ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl.get()), server_name.c_str());
    } else if (!server_name.empty()) {
        ::SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   const_cast<char*>(server_name.c_str()));
        ::SSL_set1_host(ssl.get(), server_name.c_str());
    }
    const auto earlier = sessions_.find(server_name);
    if (earlier != sessions_.end()) ::SSL_set_session(ssl.get(), earlier->second.get());
    return ssl;
}

// Only sessions under a name are kept: what the server called itself was checked against it.
int TlsContext::Files::keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* const files = static_cast<Files*>(::SSL_get_ex_data(ssl, kFilesSlot));
    const char* const name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (files == nullptr || name == nullptr) return 0;
    if (files->sessions_.size() >= kSessionsKept) files->sessions_.clear();
    files->sessions_[name].reset(session);
    return 1;  // the reference is ours now
}

int TlsContext::Files::choose_certificate(SSL* ssl, int*, void* files) {
    const char* const name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    for (const SslCtxPtr& ctx : static_cast<Files*>(files)->contexts_) {
        if (::X509_check_host(::SSL_CTX_get0_certificate(ctx.get()), name, 0, 0, nullptr) == 1) {
            ::SSL_set_SSL_CTX(ssl, ctx.get());
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

int TlsContext::Files::choose_protocol(SSL* ssl, const unsigned char** out,
                                       unsigned char* out_bytes, const unsigned char* in,
                                       unsigned in_bytes, void* files) {
    const auto* const fallback = static_cast<const char*>(::SSL_get_ex_data(ssl, kAlpnSlot));
    std::string_view ours = static_cast<Files*>(files)->alpn_;
    if (ours.empty() && fallback != nullptr) ours = fallback;
    if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
    unsigned char* chosen = nullptr;  // will point into ours, which outlives the call
    if (::SSL_select_next_proto(&chosen, out_bytes, bytes_of(ours),
                                static_cast<unsigned>(ours.size()), in,
                                in_bytes) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace grove
