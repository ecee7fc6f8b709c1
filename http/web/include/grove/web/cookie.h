// cookie.h - a cookie as an answer sets it (RFC 6265 section 4.1). Any thread; never switches.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::web {

/// Plain values: Response::cookie() and set_cookie_value() check them.
struct Cookie {
    std::string name{};  ///< A token.
    std::string
        value{};  ///< Printable ASCII without space, '"', ',', ';' and '\'; quotes around it.
    /// How long the client keeps it; 0 or less: the client forgets it at once. nullopt: until the
    /// client ends.
    std::optional<std::chrono::seconds> max_age{};
    std::string path = "/";         ///< Sent for paths below it; "": those below the request's.
    std::string domain{};           ///< Sent to its hosts, too; "": only to the host that set it.
    bool secure = true;             ///< Sent only over https.
    bool http_only = true;          ///< No script of the page sees it.
    std::string same_site = "Lax";  ///< "Strict", "Lax", "None", or "": the client's default.
};

/// The value of the Set-Cookie field. Each attribute is written as it is set.
/// @throws std::invalid_argument  a name, value, path or domain outside of the grammar; another
///         same_site; "None" without secure; a name that begins with "__Secure-" without secure, or
///         with "__Host-" without secure, with a domain or another path than "/" (in any case)
[[nodiscard]] GROVE_EXPORT std::string set_cookie_value(const Cookie& cookie);

}  // namespace grove::web
