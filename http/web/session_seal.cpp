#include "session_seal.h"

#include <cstdint>
#include <limits>

#include <openssl/crypto.h>

#include "base64.h"
#include "gcm.h"
#include "hmac_sha256.h"
#include "random_bytes.h"

namespace grove::web {
namespace {

constexpr char kSigned = 1;
constexpr char kSealed = 2;
constexpr std::size_t kEndSize = 8;
constexpr std::size_t kLengthSize = 2;

void append_number(std::string& bytes, std::uint64_t number, std::size_t size) {
    while (size-- > 0) bytes += static_cast<char>((number >> (8 * size)) & 0xff);
}

// nullopt: `bytes` is too short
std::optional<std::uint64_t> take_number(std::string_view& bytes, std::size_t size) {
    if (bytes.size() < size) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i)
        number = (number << 8) | static_cast<unsigned char>(bytes[i]);
    bytes.remove_prefix(size);
    return number;
}

void append_text(std::string& bytes, std::string_view text) {
    append_number(bytes, text.size(), kLengthSize);
    bytes += text;
}

std::optional<std::string_view> take_text(std::string_view& bytes) {
    const auto size = take_number(bytes, kLengthSize);
    if (!size || bytes.size() < *size) return std::nullopt;
    const std::string_view text = bytes.substr(0, *size);
    bytes.remove_prefix(*size);
    return text;
}

std::string plain_of(const SessionValues& values, std::chrono::seconds end) {
    std::string bytes;
    append_number(bytes, static_cast<std::uint64_t>(end.count()), kEndSize);
    for (const auto& [name, value] : values) {
        append_text(bytes, name);
        append_text(bytes, value);
    }
    return bytes;
}

std::optional<SessionValues> values_of(std::string_view bytes, std::chrono::seconds now) {
    const auto end = take_number(bytes, kEndSize);
    if (!end || now.count() < 0 || *end <= static_cast<std::uint64_t>(now.count()))
        return std::nullopt;
    SessionValues values;
    while (!bytes.empty()) {
        const auto name = take_text(bytes);
        const auto value = name ? take_text(bytes) : std::nullopt;
        if (!value) return std::nullopt;
        values.emplace(*name, *value);
    }
    return values;
}

}  // namespace

SessionSeal::SessionSeal(const std::vector<std::string>& keys, std::string cookie_name, bool sealed)
    : under_{std::string(1, sealed ? kSealed : kSigned) + cookie_name}, sealed_{sealed} {
    for (const std::string& key : keys) {
        keys_.push_back(
            hmac_sha256(key, sealed ? "grove session, sealed" : "grove session, signed"));
    }
}

SessionSeal::~SessionSeal() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key)); }

std::string SessionSeal::make(const SessionValues& values, Seconds end) const {
    const std::string plain = plain_of(values, end);
    std::string bytes(1, under_.front());
    if (sealed_) {
        GcmNonce nonce{};
        fill_with_random(nonce.data(), nonce.size());
        bytes.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
        bytes += gcm_seal(keys_.front(), nonce, under_, plain);
    } else {
        const HmacSha256 mac = hmac_sha256(keys_.front(), under_, plain);
        bytes += plain;
        bytes.append(reinterpret_cast<const char*>(mac.data()), mac.size());
    }
    return encode_base64url(bytes);
}

std::optional<SessionValues> SessionSeal::open(std::string_view text, Seconds now) const {
    const auto bytes = decode_base64url(text);
    if (!bytes || bytes->empty() || bytes->front() != under_.front()) return std::nullopt;
    const auto plain = verified(std::string_view{*bytes}.substr(1));
    if (!plain) return std::nullopt;
    return values_of(*plain, now);
}

std::optional<std::string> SessionSeal::verified(std::string_view bytes) const {
    constexpr std::size_t kMac = std::tuple_size_v<HmacSha256>;
    constexpr std::size_t kNonce = std::tuple_size_v<GcmNonce>;
    if (bytes.size() < (sealed_ ? kNonce : kMac)) return std::nullopt;
    for (const Key& key : keys_) {
        if (sealed_) {
            GcmNonce nonce{};
            bytes.copy(reinterpret_cast<char*>(nonce.data()), nonce.size());
            if (auto plain = gcm_open(key, nonce, under_, bytes.substr(kNonce))) return plain;
            continue;
        }
        const std::string_view plain = bytes.substr(0, bytes.size() - kMac);
        const HmacSha256 mac = hmac_sha256(key, under_, plain);
        if (CRYPTO_memcmp(mac.data(), bytes.data() + plain.size(), kMac) == 0)
            return std::string{plain};
    }
    return std::nullopt;
}

std::size_t SessionSeal::size_of(const SessionValues& values) const noexcept {
    std::size_t size = 1 + kEndSize + (sealed_ ? kGcmExtra : std::tuple_size_v<HmacSha256>);
    if (sealed_) size += std::tuple_size_v<GcmNonce>;
    for (const auto& [name, value] : values) {
        // What does not fit the number of its size does not fit a cookie.
        if (name.size() > 0xffff || value.size() > 0xffff)
            return std::numeric_limits<std::size_t>::max();
        size += 2 * kLengthSize + name.size() + value.size();
    }
    return (size * 4 + 2) / 3;
}

}  // namespace grove::web
