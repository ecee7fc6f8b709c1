// session_seal.h - what a session's cookie holds, signed or sealed, with its end.
//
// base64url without padding of: form (1 byte); signed: end, values, HMAC-SHA-256 (32 bytes); sealed:
// nonce (12 bytes), the end and values under AES-256-GCM, tag (16 bytes). Under both: the form and
// the cookie's name, so that no cookie passes for another. The end is in seconds since 1970 (8
// bytes, most significant first). Each use of a key has a key of its own, derived by HMAC.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::web {

using SessionValues = std::map<std::string, std::string, std::less<>>;

class SessionSeal {
public:
    using Seconds = std::chrono::seconds;  // since 1970

    /// @pre at least one key
    SessionSeal(const std::vector<std::string>& keys, std::string cookie_name, bool sealed);
    ~SessionSeal();
    SessionSeal(const SessionSeal&) = delete;
    SessionSeal& operator=(const SessionSeal&) = delete;

    /// @throws std::runtime_error  OpenSSL fails
    [[nodiscard]] std::string make(const SessionValues& values, Seconds end) const;
    /// nullopt: not made with one of the keys, in this form, for this name; or past its end.
    [[nodiscard]] std::optional<SessionValues> open(std::string_view text, Seconds now) const;
    /// The size of make()'s result.
    [[nodiscard]] std::size_t size_of(const SessionValues& values) const noexcept;

private:
    using Key = std::array<unsigned char, 32>;

    [[nodiscard]] std::optional<std::string> verified(std::string_view bytes) const;

    const std::string under_;  // the form and the cookie's name
    const bool sealed_;
    std::vector<Key> keys_;  // derived
};

}  // namespace grove::web
