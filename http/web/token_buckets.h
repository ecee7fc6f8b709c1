// token_buckets.h - a bounded number of token buckets, each of a key. Thread: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include <grove/core/duration.h>

namespace grove::web {

/// SipHash-1-3 under a key of its own: clients choose the texts, and must not choose the chains.
class SecretHash {
public:
    SecretHash();  ///< @throws std::runtime_error without random bytes
    // Not noexcept: the table keeps the hashes that take time, and may throw.
    [[nodiscard]] std::size_t operator()(std::string_view text) const;

private:
    std::array<std::uint64_t, 2> key_{};
};

/// What stands for `key` in a table: itself, or a digest if it is longer than one. Clients choose
/// the length of a field, and must not choose how much memory the table takes.
/// @throws std::runtime_error  OpenSSL fails
[[nodiscard]] std::string bounded_key(std::string key);

class TokenBuckets {
public:
    /// @pre rate > 0, burst >= 1, most >= 1
    TokenBuckets(double rate, double burst, std::size_t most);

    /// Takes a token of `key`'s bucket at the time `now`, which is no earlier than the last one unless it is read of
    /// another clock: the time of a bucket does not go back. @return 0: it had one; otherwise the seconds until it has
    double take(std::string_view key, Duration now);
    [[nodiscard]] std::size_t size() const noexcept { return found_.size(); }

private:
    struct Bucket {
        std::string key;
        double tokens;
        Duration at;  // when it had so many
    };
    using Used = std::list<Bucket>;  // the last used one first

    Bucket& bucket(std::string_view key, Duration now);

    const double rate_;
    const double burst_;
    const std::size_t most_;
    Used used_;
    std::unordered_map<std::string_view, Used::iterator, SecretHash> found_;  // by Bucket::key
};

}  // namespace grove::web
