#include "listen_address.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <sys/un.h>

namespace grove::http {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kAllInterfaces = "::";

[[noreturn]] void refuse(std::string_view text, std::string_view reason) {
    throw std::invalid_argument{"listening address \"" + std::string{text} +
                                "\": " + std::string{reason}};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || stopped != end)
        refuse(text, "the port must be a number from 0 to 65535");
    return port;
}

bool is_address(int family, std::string_view host) {
    in6_addr room{};
    return inet_pton(family, std::string{host}.c_str(), &room) == 1;
}

ListenAddress parse_unix(std::string_view text) {
    const std::string_view path = text.substr(kUnixPrefix.size());
    if (path.empty()) refuse(text, "the path of the unix socket is missing");
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        refuse(text, "the path of a unix socket may have at most " +
                         std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
    }
    return {.family = ListenAddress::Family::kUnix, .path = std::string{path}};
}

ListenAddress parse_bracketed(std::string_view text) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || text.substr(bracket + 1, 1) != ":")
        refuse(text, "must have the form [address]:port");
    const std::string_view host = text.substr(1, bracket - 1);
    const std::size_t zone = host.find('%');
    if (!is_address(AF_INET6, host.substr(0, zone)) || zone == host.size() - 1)
        refuse(text, "no IPv6 address stands in the brackets");
    return {.family = ListenAddress::Family::kInet6,
            .host = std::string{host},
            .port = parse_port(text, text.substr(bracket + 2))};
}

ListenAddress::Family family_of(std::string_view text, std::string_view host) {
    if (is_address(AF_INET, host)) return ListenAddress::Family::kInet;
    // Digits and dots alone are an address that went wrong, never a name to look up.
    const bool numeric =
        std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
    if (numeric || !std::all_of(host.begin(), host.end(), is_name_character))
        refuse(text, "\"" + std::string{host} + "\" is neither an IPv4 address nor a host name");
    return ListenAddress::Family::kName;
}

}  // namespace

ListenAddress parse_listen_address(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        refuse(text.substr(0, text.find('\0')), "contains a NUL byte");
    if (text.starts_with(kUnixPrefix)) return parse_unix(text);
    if (text.starts_with('[')) return parse_bracketed(text);
    const std::size_t colon = text.rfind(':');
    const bool bare_port = colon == std::string_view::npos;
    const std::string_view host = bare_port ? "" : text.substr(0, colon);
    if (host.find(':') != std::string_view::npos)
        refuse(text, "an IPv6 address must stand in brackets, such as [::1]:80");
    if (bare_port && !std::all_of(text.begin(), text.end(), is_digit))
        refuse(text, "must be host:port, :port, [v6]:port or unix:/path");
    const std::uint16_t port = parse_port(text, bare_port ? text : text.substr(colon + 1));
    if (host.empty() || host == "*") {
        return {.family = ListenAddress::Family::kInet6,
                .host = std::string{kAllInterfaces},
                .port = port};
    }
    return {.family = family_of(text, host), .host = std::string{host}, .port = port};
}

}  // namespace grove::http
