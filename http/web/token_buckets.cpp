#include "token_buckets.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <iterator>
#include <tuple>
#include <utility>

#include "hmac_sha256.h"
#include "random_bytes.h"

namespace grove::web {
namespace {

struct SipState {
    std::uint64_t a, b, c, d;

    void round() noexcept {
        a += b;
        b = std::rotl(b, 13) ^ a;
        a = std::rotl(a, 32);
        c += d;
        d = std::rotl(d, 16) ^ c;
        a += d;
        d = std::rotl(d, 21) ^ a;
        c += b;
        b = std::rotl(b, 17) ^ c;
        c = std::rotl(c, 32);
    }
    void take(std::uint64_t word) noexcept {
        d ^= word;
        round();
        a ^= word;
    }
};

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t word_at(const char* bytes) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

/// @param count  less than a word's. Read as a part of a word: the size of a copy would not be known here
std::uint64_t last_bytes(std::string_view text, std::size_t count) noexcept {
    if (count == 0) return 0;
    if (std::endian::native == std::endian::little && text.size() >= kWord)
        return word_at(text.data() + text.size() - kWord) >> 8 * (kWord - count);
    std::uint64_t word = 0;
    for (std::size_t at = count; at != 0; --at)
        word = word << 8 | static_cast<unsigned char>(text[at - 1]);
    return word;
}

}  // namespace

SecretHash::SecretHash() { fill_with_random(key_.data(), sizeof key_); }

std::size_t SecretHash::operator()(std::string_view text) const {
    SipState state{key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d,
                   key_[0] ^ 0x6c7967656e657261, key_[1] ^ 0x7465646279746573};
    const std::size_t rest = text.size() % kWord;
    for (std::size_t at = 0; at + kWord <= text.size(); at += kWord)
        state.take(word_at(text.data() + at));
    state.take(static_cast<std::uint64_t>(text.size()) << 56 | last_bytes(text, rest));
    state.c ^= 0xff;
    for (int i = 0; i < 3; ++i) state.round();
    return state.a ^ state.b ^ state.c ^ state.d;
}

std::string bounded_key(std::string key) {
    if (key.size() <= std::tuple_size_v<HmacSha256>) return key;
    const HmacSha256 digest = hmac_sha256(std::string_view{"grove rate limit"}, key);
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

TokenBuckets::TokenBuckets(double rate, double burst, std::size_t most)
    : rate_{rate}, burst_{burst}, most_{most} {}

double TokenBuckets::take(std::string_view key, Duration now) {
    Bucket& mine = bucket(key, now);
    if (now > mine.at) {
        const std::chrono::duration<double> rested = now - mine.at;
        mine.tokens = std::min(burst_, mine.tokens + rested.count() * rate_);
        mine.at = now;
    }
    if (mine.tokens < 1) return (1 - mine.tokens) / rate_;
    mine.tokens -= 1;
    return 0;
}

TokenBuckets::Bucket& TokenBuckets::bucket(std::string_view key, Duration now) {
    const auto known = found_.find(key);
    if (known != found_.end()) {
        if (known->second != used_.begin()) used_.splice(used_.begin(), used_, known->second);
        return used_.front();
    }
    if (found_.size() < most_) {
        used_.push_front({std::string{key}, burst_, now});
    } else {
        std::string text{key};
        found_.erase(used_.back().key);
        used_.splice(used_.begin(), used_, std::prev(used_.end()));
        used_.front() = {std::move(text), burst_, now};
    }
    // If there is no memory for it, the bucket is not found again, and must not stay.
    try {
        found_.emplace(used_.front().key, used_.begin());
    } catch (...) {
        used_.pop_front();
        throw;
    }
    return used_.front();
}

}  // namespace grove::web
