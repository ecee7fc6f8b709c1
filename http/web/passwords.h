// passwords.h - names with their passwords, plain or hashed, compared in constant time.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <grove/pool/thread_pool.h>

namespace grove::web {

/// Of a text under a key of this process: compared in place of the text, whose length it hides.
class SecretDigest {
public:
    using Digest = std::array<unsigned char, 32>;

    SecretDigest();  ///< @throws std::runtime_error without random bytes
    [[nodiscard]] Digest of(std::string_view text) const;
    /// In constant time.
    [[nodiscard]] static bool same(const Digest& left, const Digest& right) noexcept;

private:
    std::array<unsigned char, 32> key_{};
};

/// Names with plain passwords. Never blocks.
class PlainPasswords {
public:
    explicit PlainPasswords(const std::map<std::string, std::string>& users);
    [[nodiscard]] bool right(std::string_view user, std::string_view password) const;

private:
    SecretDigest digest_;
    std::map<std::string, SecretDigest::Digest, std::less<>> users_;
    SecretDigest::Digest nobodys_{};  // compared for a name that is not there
};

/// Names with hashes of crypt(3), which threads compute.
class HashedPasswords {
public:
    /// Reads a file of htpasswd. @throws std::system_error, std::invalid_argument with file and line
    explicit HashedPasswords(const std::string& file);

    /// Blocks the greenlet while a thread computes the hash, unless the password is the last right
    /// one of this user. What is refused takes a hash of each cost that the file has, so that the time
    /// tells nothing of the name.
    bool right(std::string_view user, std::string_view password);

private:
    struct User {
        std::string hash;
        SecretDigest::Digest known{};  // of the last right password
        bool is_known = false;
    };

    void add(const std::string& line, const std::string& place);
    bool computes_to(const std::string& hash, std::string_view password);

    SecretDigest digest_;
    std::map<std::string, User, std::less<>> users_;
    std::map<std::string, std::string> costs_;  // a hash of each; the key: what tells the cost
    std::unique_ptr<ThreadPool> threads_;       // made by the first request, in its hub
};

}  // namespace grove::web
