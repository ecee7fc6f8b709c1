#include "tls_ciphers.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "tls_cipher_list.h"
#include "tls_error.h"

namespace grove {
namespace {

using CipherOption = TlsOptionError::Option;

// What RFC 9325 (sections 4.1, 4.2) leaves of TLS 1.2: no exchange of keys without forward secrecy, no CBC.
constexpr const char* kModern =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// Not OpenSSL's own list: a client that offers ffdhe8192 alone, as 3.0 would let it, has the thread busy for 100 ms.
constexpr const char* kCurves =
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
    "X25519MLKEM768:"
#endif
    "X25519:prime256v1:X448:secp384r1:secp521r1";

bool has_suite(SSL_CTX* ctx, std::string_view name) {
    const STACK_OF(SSL_CIPHER)* const all = ::SSL_CTX_get_ciphers(ctx);
    for (int place = 0; place < sk_SSL_CIPHER_num(all); ++place) {
        if (name == ::SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, place))) return true;
    }
    return false;
}

void set_list(SSL_CTX* ctx, const std::string& ciphers) {
    const TlsOption option{"the ciphers \"" + ciphers + "\"", CipherOption::kCiphers};
    if (const std::string_view entry = unknown_cipher(ctx, ciphers); !entry.empty()) {
        throw_option_error(option, EINVAL,
                           option.name + ": \"" + std::string{entry} + "\" is not known");
    }
    if (::SSL_CTX_set_cipher_list(ctx, ciphers.c_str()) != 1)
        throw_option_error(option, option.name + " leave no cipher");
}

// Some versions of OpenSSL pass over a name they do not know.
void set_suites(SSL_CTX* ctx, const std::string& suites) {
    const TlsOption option{"the ciphersuites \"" + suites + "\"", CipherOption::kCiphersuites};
    if (::SSL_CTX_set_ciphersuites(ctx, suites.c_str()) != 1)
        throw_option_error(option, option.name + " are not all known");
    for (std::string_view rest = suites; !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find(':'));
        if (!has_suite(ctx, name)) {
            throw_option_error(option, EINVAL,
                               option.name + ": \"" + std::string{name} + "\" is not known");
        }
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    }
}

}  // namespace

void set_ciphers(SSL_CTX* ctx, const TlsServerOptions& options) {
    ::SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (!options.ciphers.empty()) {
        set_list(ctx, options.ciphers);
    } else if (::SSL_CTX_set_cipher_list(ctx, kModern) != 1) {
        throw_tls_error("SSL_CTX_set_cipher_list");
    }
    if (!options.ciphersuites.empty()) set_suites(ctx, options.ciphersuites);
    const char* const groups = options.groups.empty() ? kCurves : options.groups.c_str();
    // SSL_CTX_set1_groups_list() without its C cast. It says nothing of what it does not know.
    if (::SSL_CTX_ctrl(ctx, SSL_CTRL_SET_GROUPS_LIST, 0, const_cast<char*>(groups)) != 1) {
        const TlsOption option{"the groups \"" + options.groups + "\"", CipherOption::kGroups};
        throw_option_error(option, EINVAL, option.name + " are not all known");
    }
}

}  // namespace grove
