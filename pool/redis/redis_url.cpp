#include "redis_url.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace grove::redis {
namespace {

[[noreturn]] void refuse(const char* what) {
    throw std::invalid_argument{
        std::string{"the URL of a Redis server: "} + what +
        "; must be redis://[[user]:password@]host[:port][/db] or unix:/path"};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        unsigned value = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [stopped, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc{} || digits.size() != 2 || stopped != digits.data() + 2)
            refuse("'%' without two hexadecimal digits");
        plain += static_cast<char>(value);
        i += 2;
    }
    return plain;
}

std::uint16_t port_in(std::string_view text) {
    std::uint16_t port = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || stopped != text.data() + text.size() || port == 0)
        refuse("the port is not a number from 1 to 65535");
    return port;
}

void parse_login(std::string_view text, RedisUrl& url) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) refuse("a user without a password");
    url.user = decoded(text.substr(0, colon));
    url.password = decoded(text.substr(colon + 1));
    if (url.password.empty()) refuse("the password is empty");
}

void parse_place(std::string_view text, RedisUrl& url) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) refuse("'[' without ']'");
        url.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!text.empty() && text.front() != ':') refuse("something other than a port behind ']'");
    } else {
        url.host = text.substr(0, text.find(':'));
        text.remove_prefix(url.host.size());
    }
    if (url.host.empty()) refuse("there is no host");
    if (!text.empty()) url.port = port_in(text.substr(1));
}

}  // namespace

RedisUrl parse_redis_url(std::string_view text) {
    constexpr std::string_view kUnix = "unix:";
    constexpr std::string_view kScheme = "redis://";
    RedisUrl url;
    if (text.find('\0') != std::string_view::npos) refuse("it contains a NUL byte");
    if (text.starts_with(kUnix)) {
        url.path = text.substr(kUnix.size());
        if (!url.path.starts_with('/')) refuse("the path does not begin with '/'");
        return url;
    }
    if (!text.starts_with(kScheme)) refuse("another scheme, or none");
    text.remove_prefix(kScheme.size());
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
        parse_login(text.substr(0, at), url);
        text.remove_prefix(at + 1);
    }
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        url.database = text.substr(slash + 1);
        if (!std::all_of(url.database.begin(), url.database.end(), is_digit))
            refuse("the database is not a number");
        text = text.substr(0, slash);
    }
    parse_place(text, url);
    return url;
}

}  // namespace grove::redis
