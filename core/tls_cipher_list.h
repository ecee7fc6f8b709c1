// tls_cipher_list.h - the entries of a list of ciphers for TLS 1.2.
#pragma once

#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace grove {

/// The last entry of which OpenSSL does not know a name or a command; "": it knows them all. SSL_CTX_set_cipher_list()
/// passes over names it does not know. @param ctx  its list is changed
[[nodiscard]] std::string_view unknown_cipher(SSL_CTX* ctx, const std::string& list);

}  // namespace grove
