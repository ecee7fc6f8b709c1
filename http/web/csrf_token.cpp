#include "csrf_token.h"

#include <cstddef>
#include <optional>

#include <openssl/crypto.h>

#include "base64.h"
#include "random_bytes.h"

namespace grove::web {
namespace {

constexpr std::size_t kSecret = 32;
constexpr std::string_view kName = "_csrf";

std::string random_text() {
    std::string bytes(kSecret, '\0');
    fill_with_random(bytes.data(), bytes.size());
    return bytes;
}

std::optional<std::string> secret_of(const Session& session) {
    const auto text = session.get(kName);
    auto secret = text ? decode_base64url(*text) : std::nullopt;
    return secret && secret->size() == kSecret ? secret : std::nullopt;
}

// Of two texts of this size.
std::string masked(std::string_view text, std::string_view mask) {
    std::string result{text};
    for (std::size_t i = 0; i < kSecret; ++i) result[i] = static_cast<char>(text[i] ^ mask[i]);
    return result;
}

}  // namespace

std::string make_csrf_token(Session& session) {
    std::optional<std::string> secret = secret_of(session);
    if (!secret) {
        secret = random_text();
        session.set(std::string{kName}, encode_base64url(*secret));
    }
    const std::string mask = random_text();
    return encode_base64url(mask + masked(*secret, mask));
}

bool is_csrf_token(const Session& session, std::string_view token) {
    const auto secret = secret_of(session);
    const auto bytes = decode_base64url(token);
    if (!secret || !bytes || bytes->size() != 2 * kSecret) return false;
    const std::string_view all = *bytes;
    const std::string told = masked(all.substr(kSecret), all.substr(0, kSecret));
    return CRYPTO_memcmp(told.data(), secret->data(), kSecret) == 0;
}

}  // namespace grove::web
