// authority.h - the host a request is for (RFC 9110 section 7.2, RFC 3986 section 3.2).
#pragma once

#include <string_view>

namespace grove::http {

/// Whether `text` is `host [":" port]`: a name, an IPv4 address or an IPv6 one in brackets; a port
/// of digits up to 65535, or empty. No user information, no empty host.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

/// Whether `text` may be the value of a Host field: an authority, or nothing at all, which a client
/// sends for a target that has none (RFC 9112 section 3.2).
[[nodiscard]] inline bool is_host_value(std::string_view text) noexcept {
    return text.empty() || is_authority(text);
}

}  // namespace grove::http
