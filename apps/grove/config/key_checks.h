// key_checks.h - what a text of the configuration must be: in words for messages ("must be …"), as a pattern for the
// schema, and as a function that throws std::invalid_argument and says what is wrong.
#pragma once

#include <string>
#include <string_view>

namespace grove::http {

inline constexpr std::string_view kAddressAllowed =
    "an address such as \"127.0.0.1:8000\", \"[::1]:8000\", \":8000\" or \"unix:/path\"";
inline constexpr std::string_view kAddressPattern =
    R"(^(unix:[^\u0000]+|\[[0-9A-Fa-f:.]+(%[^\]\u0000]+)?\]:[0-9]+|([A-Za-z0-9._-]*|\*):[0-9]+|[0-9]+)$)";
/// Where a server listens.
void check_address(const std::string& text);

inline constexpr std::string_view kBackdoorAllowed = "\"unix:/path\" or null";
inline constexpr std::string_view kBackdoorPattern = R"(^unix:[^\u0000]+$)";
/// An address of a unix socket.
void check_backdoor(const std::string& text);

inline constexpr std::string_view kModeAllowed = "octal digits such as \"0660\"";
inline constexpr std::string_view kModePattern = "^[0-7]{1,4}$";
/// Octal digits, four at most.
void check_mode(const std::string& mode);

inline constexpr std::string_view kMountAllowed = "a path that begins with \"/\"";
inline constexpr std::string_view kMountPattern = R"(^/[^\u0000]*$)";
void check_mount(const std::string& mount);

inline constexpr std::string_view kProxyAllowed =
    "an address, a network such as \"10.0.0.0/8\", or \"unix\"";
inline constexpr std::string_view kProxyPattern =
    R"(^((([0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)(/[0-9]{1,3})?|unix)$)";
/// What TrustedProxies takes.
void check_proxy(const std::string& text);

inline constexpr std::string_view kHostAllowed = "a host name in lower case";
inline constexpr std::string_view kHostPattern = "^[a-z0-9._-]+$";
void check_host(const std::string& host);
/// What check_host() lets pass.
[[nodiscard]] bool is_host_name(std::string_view text);

inline constexpr std::string_view kTokenAllowed =
    "letters, digits and any of -._~+/, perhaps with = at the end";
inline constexpr std::string_view kTokenPattern = "^[A-Za-z0-9._~+/-]+=*$";
/// RFC 6750's b64token; what is wrong is said without the token.
void check_token(const std::string& token);

inline constexpr std::string_view kPrintablePattern = "^[ -~]+$";
/// Printable ASCII: it stands in the head of answers, or in the environ, where nothing may end the line it is in.
void check_printable(const std::string& text);

}  // namespace grove::http
