#include "gcm.h"

#include <memory>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/evp.h>

namespace grove::web {
namespace {

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

void require(bool done) {
    if (done) return;
    ERR_clear_error();
    throw std::runtime_error{"OpenSSL cannot compute AES-256-GCM"};
}

const unsigned char* in(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* out(std::string& text, std::size_t at = 0) {
    return reinterpret_cast<unsigned char*>(text.data()) + at;
}
int size(std::string_view text) { return static_cast<int>(text.size()); }

// All of `text` goes through; `seal`: 1 encrypts, 0 decrypts. What is decrypted counts only after
// EVP_CipherFinal_ex().
Context passed(GcmKey key, const GcmNonce& nonce, std::string_view under, std::string_view text,
               std::string& result, int seal) {
    Context context{EVP_CIPHER_CTX_new()};
    int length = 0;
    require(context != nullptr);
    require(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data(),
                              seal) == 1);
    require(EVP_CipherUpdate(context.get(), nullptr, &length, in(under), size(under)) == 1);
    require(EVP_CipherUpdate(context.get(), out(result), &length, in(text), size(text)) == 1);
    return context;
}

}  // namespace

std::string gcm_seal(GcmKey key, const GcmNonce& nonce, std::string_view under,
                     std::string_view plain) {
    std::string sealed(plain.size() + kGcmExtra, '\0');
    const Context context = passed(key, nonce, under, plain, sealed, 1);
    int length = 0;
    require(EVP_CipherFinal_ex(context.get(), out(sealed, plain.size()), &length) == 1);
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kGcmExtra),
                                out(sealed, plain.size())) == 1);
    return sealed;
}

std::optional<std::string> gcm_open(GcmKey key, const GcmNonce& nonce, std::string_view under,
                                    std::string_view sealed) {
    if (sealed.size() < kGcmExtra) return std::nullopt;
    const std::string_view text = sealed.substr(0, sealed.size() - kGcmExtra);
    std::string tag{sealed.substr(text.size())};
    std::string plain(text.size() + 1, '\0');  // OpenSSL wants a place also for no bytes
    const Context context = passed(key, nonce, under, text, plain, 0);
    int length = 0;
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kGcmExtra),
                                out(tag)) == 1);
    if (EVP_CipherFinal_ex(context.get(), out(plain, text.size()), &length) != 1) {
        ERR_clear_error();
        return std::nullopt;
    }
    plain.resize(text.size());
    return plain;
}

}  // namespace grove::web
