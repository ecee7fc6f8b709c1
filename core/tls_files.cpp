#include "tls_files.h"

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls_ciphers.h"
#include "tls_client_rules.h"
#include "tls_error.h"
#include "tls_pem.h"
#include "tls_tickets.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
constexpr auto kMostLifetime = 7 * 24h;
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
            throw std::invalid_argument{"ALPN name \"" + name + "\" must have 1 to 255 bytes"};
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

// The host name or the address that the peer's certificate must have; "": neither.
std::string checked_name(const SSL* ssl) {
    if (const char* const host = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) return host;
    char* const address = ::X509_VERIFY_PARAM_get1_ip_asc(::SSL_get0_param(const_cast<SSL*>(ssl)));
    std::string text = address != nullptr ? address : "";
    ::OPENSSL_free(address);
    return text;
}

std::string in_lower_case(std::string host) {
    for (char& byte : host) {
        if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte + 0x20);
    }
    return host;
}

void believe(SSL_CTX* ctx, const std::string& ca_file) {
    const TlsOption option{"the authorities \"" + ca_file + "\"",
                           TlsOptionError::Option::kAuthorities};
    for (const X509Ptr& authority : read_authorities(PemText{ca_file, {}, option}, option)) {
        if (::X509_STORE_add_cert(::SSL_CTX_get_cert_store(ctx), authority.get()) != 1)
            throw_option_error(option, "cannot use " + option.name);
    }
}

}  // namespace

SSL_CTX* TlsFiles::add(TlsVersion minimum) {
    SslCtxPtr owned{::SSL_CTX_new(::TLS_method())};
    if (owned == nullptr) throw_tls_error("SSL_CTX_new");
    SSL_CTX* const ctx = owned.get();
    ::SSL_CTX_set_min_proto_version(ctx,
                                    minimum == TlsVersion::k1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    ::SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    contexts_.push_back(std::move(owned));
    return ctx;
}

TlsFiles::TlsFiles(const TlsServerOptions& options, const TlsFileText& text)
    : ticket_keys_{options.ticket_keys}, alpn_{alpn_list(options.alpn)} {
    if (options.certificates.empty())
        throw std::invalid_argument{"a TLS server needs a certificate"};
    if (options.ticket_lifetime < 0s || options.ticket_lifetime > kMostLifetime)
        throw std::invalid_argument{"ticket_lifetime must be from 0 to 604800 seconds"};
    const TlsClientRules clients{options, text};
    for (TlsCertificate certificate : options.certificates) {
        if (contexts_.empty() && certificate.ocsp_file.empty())
            certificate.ocsp_file = options.ocsp;
        add_server({&certificate, 1}, options, clients, text);
    }
    standard_ = contexts_.size();
    for (const TlsName& name : options.names)
        add_name(name.host, add_server(name.certificates, options, clients, text));
    // What the macro SSL_CTX_set_tlsext_servername_callback does, without its C cast.
    ::SSL_CTX_callback_ctrl(contexts_[0].get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                            reinterpret_cast<void (*)()>(&TlsFiles::choose_certificate));
    ::SSL_CTX_set_tlsext_servername_arg(contexts_[0].get(), this);
}

SSL_CTX* TlsFiles::add_server(std::span<const TlsCertificate> certificates,
                              const TlsServerOptions& options, const TlsClientRules& clients,
                              const TlsFileText& text) {
    SSL_CTX* const ctx = add(options.minimum);
    for (const TlsCertificate& certificate : certificates) {
        use_certificate(ctx, certificate, certificates_, text);
        if (!certificate.ocsp_file.empty()) add_staple(ctx, certificate.ocsp_file, text);
        ++certificates_;
    }
    set_ciphers(ctx, options);
    seal_tickets(ctx, *ticket_keys_, options.ticket_lifetime);
    ::SSL_CTX_set_alpn_select_cb(ctx, &TlsFiles::choose_protocol, this);
    clients.apply(ctx);
    return ctx;
}

// About the certificate that was added last.
void TlsFiles::add_staple(SSL_CTX* ctx, const std::string& file, const TlsFileText& text) {
    const TlsOption option{"the OCSP response \"" + file + "\"", TlsOptionError::Option::kOcsp,
                           certificates_};
    X509* const certificate = ::SSL_CTX_get0_certificate(ctx);
    staples_.emplace(certificate,
                     TlsStaple{PemText{file, text, option}.text(), certificate, option});
    // What the macros SSL_CTX_set_tlsext_status_cb and _arg do, without their C casts.
    ::SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                            reinterpret_cast<void (*)()>(&TlsFiles::show_staple));
    ::SSL_CTX_ctrl(ctx, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG, 0, this);
}

int TlsFiles::show_staple(SSL* ssl, void* files) {
    const auto& staples = static_cast<TlsFiles*>(files)->staples_;
    const auto found = staples.find(::SSL_get_certificate(ssl));
    return found != staples.end() ? found->second.show(ssl) : SSL_TLSEXT_ERR_NOACK;
}

void TlsFiles::add_name(const std::string& host, SSL_CTX* ctx) {
    if (::SSL_CTX_get0_certificate(ctx) == nullptr)
        throw std::invalid_argument{"the TLS name \"" + host + "\" has no certificate"};
    if (!names_.emplace(in_lower_case(host), ctx).second)
        throw std::invalid_argument{"the TLS name \"" + host + "\" is given twice"};
}

TlsFiles::TlsFiles(const TlsClientOptions& options) : alpn_{alpn_list(options.alpn)} {
    SSL_CTX* const ctx = add(options.minimum);
    if (!options.certificate.chain_file.empty()) use_certificate(ctx, options.certificate, 0, {});
    if (options.verify) {
        ::SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        if (options.ca_file.empty()) {
            require(::SSL_CTX_set_default_verify_paths(ctx),
                    "cannot read the system's authorities");
        } else {
            believe(ctx, options.ca_file);
        }
    }
    if (!alpn_.empty())
        ::SSL_CTX_set_alpn_protos(ctx, bytes_of(alpn_), static_cast<unsigned>(alpn_.size()));
    if (!options.resume) return;
    ::SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(ctx, &TlsFiles::keep_session);
}

SslPtr TlsFiles::new_server(const char* alpn) const {
    SslPtr ssl{::SSL_new(contexts_[0].get())};
    if (ssl == nullptr) throw_tls_error("SSL_new");
    ::SSL_set_ex_data(ssl.get(), kAlpnSlot, const_cast<char*>(alpn));
    ::SSL_set_accept_state(ssl.get());
    return ssl;
}

SslPtr TlsFiles::new_client(const std::string& server_name) const {
    SslPtr ssl{::SSL_new(contexts_[0].get())};
    if (ssl == nullptr) throw_tls_error("SSL_new");
    ::SSL_set_connect_state(ssl.get());
    ::SSL_set_ex_data(ssl.get(), kFilesSlot, const_cast<TlsFiles*>(this));
    if (is_address(server_name)) {
        ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl.get()), server_name.c_str());
    } else if (!server_name.empty()) {
        ::SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                   const_cast<char*>(server_name.c_str()));
        ::SSL_set1_host(ssl.get(), server_name.c_str());
        // A certificate's subject is not a host name (RFC 9110, section 4.3.4).
        ::SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    }
    const auto earlier = sessions_.find(checked_name(ssl.get()));
    if (earlier != sessions_.end()) ::SSL_set_session(ssl.get(), earlier->second.get());
    return ssl;
}

// Only sessions with a checked name are kept.
int TlsFiles::keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* const files = static_cast<TlsFiles*>(::SSL_get_ex_data(ssl, kFilesSlot));
    const std::string name = checked_name(ssl);
    if (files == nullptr || name.empty()) return 0;
    if (files->sessions_.size() >= kSessionsKept) files->sessions_.clear();
    files->sessions_[name].reset(session);
    return 1;  // the reference is ours now
}

// Null: none is for it.
SSL_CTX* TlsFiles::context_for(const char* host) const {
    const std::string name = in_lower_case(host);
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
        const auto found = names_.find("*" + name.substr(dot));
        if (found != names_.end()) return found->second;
    }
    for (std::size_t place = 0; place < standard_; ++place) {
        SSL_CTX* const ctx = contexts_[place].get();
        if (::X509_check_host(::SSL_CTX_get0_certificate(ctx), host, 0, 0, nullptr) == 1)
            return ctx;
    }
    return nullptr;
}

int TlsFiles::choose_certificate(SSL* ssl, int*, void* files) {
    const char* const name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_CTX* const ctx = static_cast<TlsFiles*>(files)->context_for(name);
    if (ctx == nullptr) return SSL_TLSEXT_ERR_NOACK;
    ::SSL_set_SSL_CTX(ssl, ctx);
    return SSL_TLSEXT_ERR_OK;
}

int TlsFiles::choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_bytes,
                              const unsigned char* in, unsigned in_bytes, void* files) {
    const auto* const fallback = static_cast<const char*>(::SSL_get_ex_data(ssl, kAlpnSlot));
    std::string_view ours = static_cast<TlsFiles*>(files)->alpn_;
    if (ours.empty() && fallback != nullptr) ours = fallback;
    if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
    unsigned char* chosen = nullptr;  // will point into ours, which outlives the call
    if (::SSL_select_next_proto(&chosen, out_bytes, bytes_of(ours),
                                static_cast<unsigned>(ours.size()), in,
                                in_bytes) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol (RFC 7301, section 3.2)
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace grove
