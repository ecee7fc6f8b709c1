// upload - POST: how many bytes the body has, and their SHA-256. It is never held whole.
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include <grove/core/greenlet.h>
#include <grove/plugin.h>

#include "hexadecimal.h"

namespace {

using namespace grove::http;

constexpr std::size_t kPiece = 65536;

class Sha256 {
public:
    Sha256() {
        if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
            throw std::runtime_error{"OpenSSL has no SHA-256"};
    }

    void add(std::string_view bytes) {
        if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
            throw std::runtime_error{"OpenSSL's SHA-256 failed"};
    }

    // In lower-case hexadecimal digits. Once.
    std::string digits() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1)
            throw std::runtime_error{"OpenSSL's SHA-256 failed"};
        std::string text;
        for (unsigned i = 0; i < size; ++i) grove::append_digits(text, digest[i]);
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Body upload(Environ& environ, StartResponse& start_response) {
    if (environ["REQUEST_METHOD"] != "POST") {
        start_response("405 Method Not Allowed",
                       {{"Content-Type", "text/plain"}, {"Allow", "POST"}});
        return "POST a body\n";
    }
    Sha256 sha256;
    std::size_t bytes = 0;
    for (;;) {
        const std::string piece = environ.input().read(kPiece);
        if (piece.empty()) break;
        bytes += piece.size();
        sha256.add(piece);
        grove::sleep();  // a client that is faster than the digest must not keep the hub
    }
    start_response("200 OK", {{"Content-Type", "application/json"}});
    return "{\"bytes\": " + std::to_string(bytes) + ", \"sha256\": \"" + sha256.digits() + "\"}\n";
}

}  // namespace

GROVE_PLUGIN(upload, "1.0", [](std::string_view) -> Application {
    Sha256{};  // OpenSSL reads its configuration at its first use: now, not on a handler's stack
    return upload;
});
