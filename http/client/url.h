// url.h - the URLs that a client can ask for, and references to others (RFC 3986).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace grove::http {

/// It cannot be used. The text says why, and repeats nothing of the URL.
class BadUrl : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A value; nothing of it is normalised but the case of `host`.
struct Url {
    bool tls = false;
    std::string host{};        ///< In lower case, without brackets; "" for a unix socket.
    std::uint16_t port = 0;    ///< Told, or the scheme's own.
    std::string socket{};      ///< A unix socket's path; "": none.
    std::string authority{};   ///< As it was written: the value of Host.
    std::string target = "/";  ///< Path and query as they were written; never empty.

    /// "https://host:port": connections are shared by URLs that have the same.
    [[nodiscard]] std::string origin() const;
    [[nodiscard]] std::string text() const;
    /// Without the query, which may hold secrets.
    [[nodiscard]] std::string shown() const;
};

/// @throws BadUrl
Url parse_url(std::string_view text);

/// What `reference` means in a document at `base` (RFC 3986, section 5.2). Bytes outside of ASCII become %XX in its path
/// and query. @throws BadUrl, also for such bytes in its host
Url resolve_reference(const Url& base, std::string_view reference);

}  // namespace grove::http
