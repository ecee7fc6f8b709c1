#include "hmac_sha256.h"

#include <stdexcept>
#include <string>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace grove::web {

HmacSha256 hmac_sha256(std::span<const unsigned char> key, std::string_view text) {
    HmacSha256 mac{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
             &size) == nullptr) {
        ERR_clear_error();
        throw std::runtime_error{"OpenSSL cannot compute HMAC-SHA-256"};
    }
    return mac;
}

HmacSha256 hmac_sha256(std::span<const unsigned char> key, std::string_view first,
                       std::string_view rest) {
    std::string text;
    text.reserve(first.size() + 1 + rest.size());
    text.append(first).append(1, '\0').append(rest);
    return hmac_sha256(key, text);
}

HmacSha256 hmac_sha256(std::string_view key, std::string_view text) {
    return hmac_sha256(std::span{reinterpret_cast<const unsigned char*>(key.data()), key.size()},
                       text);
}

}  // namespace grove::web
