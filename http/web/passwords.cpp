#include "passwords.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <crypt.h>
#include <openssl/crypto.h>

#include "hmac_sha256.h"
#include "random_bytes.h"

namespace grove::web {
namespace {

constexpr std::size_t kThreads = 2;

// In a thread: takes 50 ms and more. @return it is the password of `hash`
bool is_hash_of(const std::string& hash, std::string& password) {
    const auto data = std::make_unique<crypt_data>();  // 32 KiB
    // As crypt_r(), which ASan intercepts: there it cannot be called in a library that is loaded later.
    const char* made = ::crypt_rn(password.c_str(), hash.c_str(), data.get(), sizeof *data);
    const bool right = made != nullptr && *made == '$' && std::strlen(made) == hash.size() &&
                       CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
    OPENSSL_cleanse(password.data(), password.size());
    OPENSSL_cleanse(data.get(), sizeof *data);
    return right;
}

[[nodiscard]] bool is_hash(const std::string& text) {
    return text.size() > 3 && text.front() == '$' && !text.starts_with("$apr1$") &&
           ::crypt_checksalt(text.c_str()) != CRYPT_SALT_INVALID;
}

/// What of a hash tells how long it takes: the method and its parameters, without the salt (crypt(5)).
[[nodiscard]] std::string cost_of(std::string_view hash) {
    constexpr std::size_t kScryptHead = 14;  // "$7$", N, r and p; the salt follows at once
    if (hash.starts_with("$7$")) return std::string{hash.substr(0, kScryptHead)};
    const std::size_t end = hash.find('$', 1);
    if (end == hash.npos) return std::string{hash};
    const std::string_view method = hash.substr(1, end - 1);
    const bool has_parameters = method.starts_with('2') || method == "y" || method == "gy" ||
                                method == "sha1" || hash.substr(end).starts_with("$rounds=");
    return std::string{hash.substr(0, has_parameters ? hash.find('$', end + 1) : end)};
}

}  // namespace

SecretDigest::SecretDigest() { fill_with_random(key_.data(), key_.size()); }

SecretDigest::Digest SecretDigest::of(std::string_view text) const {
    return hmac_sha256(key_, text);
}

bool SecretDigest::same(const Digest& left, const Digest& right) noexcept {
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

PlainPasswords::PlainPasswords(const std::map<std::string, std::string>& users) {
    fill_with_random(nobodys_.data(), nobodys_.size());
    for (const auto& [name, password] : users) {
        if (name.find(':') != name.npos)
            throw std::invalid_argument{"basic_auth: the name \"" + name + "\" has a ':'"};
        users_.emplace(name, digest_.of(password));
    }
}

bool PlainPasswords::right(std::string_view user, std::string_view password) const {
    const auto found = users_.find(user);
    const bool known = found != users_.end();
    return SecretDigest::same(digest_.of(password), known ? found->second : nobodys_) && known;
}

HashedPasswords::HashedPasswords(const std::string& file) {
    std::ifstream lines{file};
    if (!lines) throw std::system_error{errno, std::generic_category(), "open " + file};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        add(line, file + ':' + std::to_string(number));
    }
    if (lines.bad()) throw std::system_error{errno, std::generic_category(), "read " + file};
    if (users_.empty()) throw std::invalid_argument{file + ": has no line with a name and a hash"};
}

// The line is not told: it has a hash.
void HashedPasswords::add(const std::string& line, const std::string& place) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0)
        throw std::invalid_argument{place + ": the line must be name:hash"};
    std::string hash = line.substr(colon + 1);
    if (!is_hash(hash)) {
        throw std::invalid_argument{place +
                                    ": the hash must be of bcrypt, as htpasswd -B makes it"};
    }
    costs_.emplace(cost_of(hash), hash);
    if (!users_.emplace(line.substr(0, colon), User{.hash = std::move(hash)}).second)
        throw std::invalid_argument{place + ": the name is given twice"};
}

bool HashedPasswords::right(std::string_view user, std::string_view password) {
    const SecretDigest::Digest given = digest_.of(password);
    const auto found = users_.find(user);
    User* const known = found == users_.end() ? nullptr : &found->second;
    if (known != nullptr && known->is_known && SecretDigest::same(given, known->known)) return true;
    if (known != nullptr && computes_to(known->hash, password)) {
        known->known = given;
        known->is_known = true;
        return true;
    }
    // The own one is done. A name that is not there takes as long, and so does one of another cost.
    const std::string own = known != nullptr ? cost_of(known->hash) : "";
    for (const auto& [cost, hash] : costs_) {
        if (cost != own) computes_to(hash, password);
    }
    return false;
}

bool HashedPasswords::computes_to(const std::string& hash, std::string_view password) {
    if (!threads_) threads_ = std::make_unique<ThreadPool>(kThreads);
    return threads_
        ->spawn([hash, text = std::string{password}]() mutable { return is_hash_of(hash, text); })
        .get();
}

}  // namespace grove::web
