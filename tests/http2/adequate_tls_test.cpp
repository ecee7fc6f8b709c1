// H2-002: with which versions and ciphers of TLS a client may speak HTTP/2.
#include "adequate_tls.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/obj_mac.h>
#include <openssl/ssl.h>

namespace grove::http {
namespace {

bool is_good(const std::string& version, const std::string& cipher) {
    return is_adequate({.version = version, .cipher = cipher});
}

// What RFC 9113's appendix A leaves out, said by OpenSSL: an ephemeral exchange of keys, a peer that shows who it is,
// and AEAD.
bool is_left_out_of_appendix_a(const SSL_CIPHER* cipher) {
    const int exchange = SSL_CIPHER_get_kx_nid(cipher);
    const bool ephemeral = exchange == NID_kx_ecdhe || exchange == NID_kx_dhe ||
                           exchange == NID_kx_ecdhe_psk || exchange == NID_kx_dhe_psk;
    return ephemeral && SSL_CIPHER_get_auth_nid(cipher) != NID_auth_null &&
           SSL_CIPHER_is_aead(cipher) == 1;
}

TEST(AdequateTls, IsVersion13WithAnyCipherAnd12WithSome) {
    EXPECT_TRUE(is_good("TLSv1.3", "TLS_AES_128_GCM_SHA256"));
    EXPECT_TRUE(is_good("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"));
    EXPECT_TRUE(is_good("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"));
    EXPECT_TRUE(is_good("TLSv1.2", "DHE-RSA-AES256-CCM8"));
    EXPECT_FALSE(is_good("TLSv1.2", "AES128-SHA"));
    EXPECT_FALSE(is_good("TLSv1.2", "AES128-GCM-SHA256"));
    EXPECT_FALSE(is_good("TLSv1.2", "ECDHE-RSA-AES128-SHA256"));
    EXPECT_FALSE(is_good("TLSv1.2", ""));
}

TEST(AdequateTls, IsNoOlderVersion) {
    for (const char* const version : {"TLSv1.1", "TLSv1", "SSLv3", ""})
        EXPECT_FALSE(is_good(version, "ECDHE-RSA-AES128-GCM-SHA256")) << version;
}

TEST(AdequateTls, KnowsEveryCipherOfOpenssl) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_method()),
                                                                    SSL_CTX_free};
    ASSERT_EQ(SSL_CTX_set_ciphersuites(context.get(), ""), 1);  // those of TLS 1.3
    ASSERT_EQ(SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
    const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.get());
    ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 100);

    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
        const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(ciphers, i);
        const char* const name = SSL_CIPHER_get_name(cipher);
        EXPECT_EQ(is_good("TLSv1.2", name), is_left_out_of_appendix_a(cipher)) << name;
    }
}

}  // namespace
}  // namespace grove::http
