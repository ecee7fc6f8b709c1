#include "tls_tickets.h"

#include <algorithm>
#include <array>
#include <string>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <grove/core/detail/tls_ticket_keys.h>

#include "tls_error.h"

namespace grove {
namespace {

constexpr int kFailed = -1;
constexpr int kUnknownKey = 0;
constexpr int kGood = 1;
constexpr int kGoodButRenew = 2;

bool begin_mac(EVP_MAC_CTX* mac, const TlsTicketKeys::Key& key) {
    auto& secret = const_cast<TlsTicketKeys::Secret&>(key.mac);  // it is only read
    char digest[] = "SHA256";
    const std::array params{
        ::OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
        ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        ::OSSL_PARAM_construct_end()};
    return ::EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

// OpenSSL's: with `sealing` it wants a name, an IV and both keys, else the keys of that name.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int sealing) {
    auto& keys = *static_cast<TlsTicketKeys*>(::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(ssl), 0));
    if (sealing != 0) {
        const TlsTicketKeys::Key& key = keys.current();
        std::copy(key.name.begin(), key.name.end(), name);
        const bool done =
            ::RAND_bytes(iv, ::EVP_CIPHER_get_iv_length(::EVP_aes_256_cbc())) == 1 &&
            ::EVP_EncryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1;
        return done && begin_mac(mac, key) ? kGood : kFailed;
    }
    TlsTicketKeys::Name asked{};
    std::copy_n(name, asked.size(), asked.begin());
    const TlsTicketKeys::Key* const key = keys.find(asked);
    if (key == nullptr) return kUnknownKey;
    const bool done =
        begin_mac(mac, *key) &&
        ::EVP_DecryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
    if (!done) return kFailed;
    // In TLS 1.3 a ticket is for one use: without another one the client has none for the next time.
    const bool once = ::SSL_version(ssl) == TLS1_3_VERSION;
    return key == &keys.current() && !once ? kGood : kGoodButRenew;
}

bool has_expired(const X509* certificate) {
    return certificate != nullptr &&
           ::X509_cmp_current_time(::X509_get0_notAfter(certificate)) <= 0;
}

// OpenSSL's, when it has opened a ticket or failed to. The session holds its client's certificate and what was found of
// it when it was shown; OpenSSL itself looks at neither again.
SSL_TICKET_RETURN judge_ticket(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
    const bool opened = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    if (!opened || has_expired(::SSL_SESSION_get0_peer(session)))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace

void seal_tickets(SSL_CTX* ctx, TlsTicketKeys& keys, std::chrono::seconds lifetime) {
    if (lifetime <= std::chrono::seconds::zero()) {
        ::SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        ::SSL_CTX_set_num_tickets(ctx, 0);
        ::SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        return;
    }
    keys.keep(lifetime);
    ::SSL_CTX_set_timeout(ctx, static_cast<long>(lifetime.count()));
    ::SSL_CTX_set_ex_data(ctx, 0, &keys);
    ::SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, &ticket_key);
    ::SSL_CTX_set_session_ticket_cb(ctx, nullptr, &judge_ticket, nullptr);
}

void bind_sessions(SSL_CTX* ctx, std::string_view scope) {
    const std::string asked = "grove " + std::string{scope};
    std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> digest{};
    static_assert(digest.size() == 32, "SHA-256 fits");
    if (::EVP_Digest(asked.data(), asked.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr) !=
        1)
        throw_tls_error("SHA-256");
    ::SSL_CTX_set_session_id_context(ctx, digest.data(), static_cast<unsigned>(digest.size()));
}

}  // namespace grove
