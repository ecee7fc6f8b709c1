#include "url.h"

#include <algorithm>
#include <charconv>

#include <grove/core/address.h>

#include "ascii.h"
#include "authority.h"
#include "hexadecimal.h"

namespace grove::http {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::string_view kUnix = "unix:";
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool takes(std::string_view& text, std::string_view lower_prefix) {
    if (!matches(text.substr(0, lower_prefix.size()), lower_prefix)) return false;
    text.remove_prefix(lower_prefix.size());
    return true;
}

std::string_view without_fragment(std::string_view text) { return text.substr(0, text.find('#')); }

void check_target(std::string_view target) {
    if (!std::all_of(target.begin(), target.end(), is_target_char))
        throw BadUrl{"a URL holds visible ASCII alone; other bytes are written as %XX"};
}

std::string target_of(std::string_view rest) {
    check_target(rest);
    if (rest.empty()) return "/";
    return rest.front() == '/' ? std::string{rest} : "/" + std::string{rest};
}

std::uint16_t port_of(std::string_view digits, std::uint16_t standard) {
    if (digits.empty()) return standard;
    std::uint16_t port = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (result.ec != std::errc{} || port == 0) throw BadUrl{"a port is a number from 1 to 65535"};
    return port;
}

void set_authority(Url& url, std::string_view authority) {
    if (authority.find('@') != std::string_view::npos)
        throw BadUrl{"user information does not belong in a URL; use an Authorization field"};
    if (!is_authority(authority))
        throw BadUrl{"no host, or one that is neither a name nor an address, or a bad port"};
    const bool bracketed = authority.front() == '[';
    const std::size_t host_end = bracketed ? authority.find(']') + 1 : authority.find(':');
    std::string_view host = authority.substr(0, host_end);
    std::string_view port = authority.substr(host.size());
    if (!port.empty()) port.remove_prefix(1);
    url.port = port_of(port, url.tls ? kHttpsPort : kHttpPort);
    if (bracketed) host = host.substr(1, host.size() - 2);
    url.host = host;
    std::transform(url.host.begin(), url.host.end(), url.host.begin(), to_lower);
    url.authority = authority;
}

// "/path/of/socket:/target"
Url parse_unix(std::string_view text) {
    Url url;
    const std::size_t end = std::min(text.find(":/"), text.size());
    url.socket = text.substr(0, end);
    if (url.socket.find_first_of("?#") != std::string::npos)
        throw BadUrl{"the path of a unix socket ends with \":/\" before a query"};
    check_target(url.socket);
    if (url.socket.find_first_not_of('/') == std::string::npos)
        throw BadUrl{"the path of a unix socket stands between \"unix:\" and \":/\""};
    try {
        (void)Address::unix_path(url.socket);
    } catch (const std::invalid_argument&) {
        throw BadUrl{"the path of the unix socket is too long"};
    }
    url.authority = "localhost";
    if (end != text.size()) url.target = target_of(text.substr(end + 1));
    return url;
}

// RFC 3986, section 5.2.4
std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, end);  // with its slash in front
        path.remove_prefix(end);
        if (segment == "/." || segment == "/..") {
            if (segment == "/..")
                out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
            if (path.empty()) out += '/';
        } else {
            out += segment;
        }
    }
    return out;
}

bool has_scheme(std::string_view reference) {
    const std::size_t end = reference.find_first_of(":/?#");
    return end != std::string_view::npos && end != 0 && reference[end] == ':' &&
           is_alpha(reference.front());
}

// Bytes outside of ASCII, as servers write them and browsers send them on; in a host they stay, and are refused.
std::string with_ascii_target(std::string_view reference) {
    const bool has_host = has_scheme(reference) || reference.starts_with("//");
    const std::size_t slashes = has_host ? reference.find("//") : std::string_view::npos;
    const std::size_t target =
        slashes == std::string_view::npos
            ? 0
            : std::min(reference.find_first_of("/?", slashes + 2), reference.size());
    std::string text{reference.substr(0, target)};
    for (const char c : reference.substr(target)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += '%';
            append_digits(text, byte, kUpperDigits);
        }
    }
    return text;
}

std::string target_without_dots(std::string_view target) {
    const std::size_t query = std::min(target.find('?'), target.size());
    return without_dots(target.substr(0, query)) + std::string{target.substr(query)};
}

}  // namespace

std::string Url::origin() const {
    if (!socket.empty()) return "http://unix:" + socket;
    constexpr std::size_t kMostAround = std::string_view{"https://[]:65535"}.size();
    const bool is_v6 = host.find(':') != std::string::npos;
    std::string origin;
    origin.reserve(host.size() + kMostAround);
    origin += tls ? kHttps : kHttp;
    if (is_v6) origin += '[';
    origin += host;
    origin += is_v6 ? "]:" : ":";
    origin += std::to_string(port);
    return origin;
}

std::string Url::text() const {
    if (!socket.empty()) return origin() + ":" + target;
    return std::string{tls ? kHttps : kHttp} + authority + target;
}

std::string Url::shown() const {
    Url without = *this;
    without.target = target.substr(0, target.find('?'));
    return without.text();
}

Url parse_url(std::string_view text) {
    text = without_fragment(text);
    Url url;
    url.tls = takes(text, kHttps);
    if (!url.tls && !takes(text, kHttp))
        throw BadUrl{"a URL begins with http://, https:// or http://unix:/"};
    std::string_view socket = text;
    if (!url.tls && takes(socket, kUnix) && socket.starts_with('/')) return parse_unix(socket);
    const auto* const end =
        std::find_if(text.begin(), text.end(), [](char c) { return c == '/' || c == '?'; });
    set_authority(url, {text.begin(), end});
    url.target = target_of({end, text.end()});
    return url;
}

Url resolve_reference(const Url& base, std::string_view reference) {
    const std::string text = with_ascii_target(without_fragment(reference));
    if (has_scheme(text) || text.starts_with("//")) {
        Url url = text.front() == '/' ? parse_url((base.tls ? "https:" : "http:") + text)
                                      : parse_url(text);
        url.target = target_without_dots(url.target);
        return url;
    }
    check_target(text);
    const std::string path = base.target.substr(0, base.target.find('?'));
    Url url = base;
    if (text.empty()) return url;
    if (text.front() == '?') {
        url.target = path + text;
    } else if (text.front() == '/') {
        url.target = target_without_dots(text);
    } else {
        url.target = target_without_dots(path.substr(0, path.rfind('/') + 1) + text);
    }
    return url;
}

}  // namespace grove::http
