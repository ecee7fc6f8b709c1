#include <grove/core/detail/sha1.h>

#include <array>
#include <cstddef>
#include <stdexcept>

#include <openssl/evp.h>

namespace grove::detail {

std::string sha1_in_base64(std::string_view bytes) {
    constexpr std::size_t kDigest = 20;
    constexpr std::size_t kInBase64 = 28;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    if (::EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, ::EVP_sha1(), nullptr) !=
        1)
        throw std::runtime_error{"SHA-1: OpenSSL does not have it"};
    std::array<unsigned char, kInBase64 + 1> text;
    ::EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(kDigest));
    return {text.begin(), text.end() - 1};
}

}  // namespace grove::detail
