#include "authority.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "ascii.h"

namespace grove::http {
namespace {

constexpr std::string_view kNamePunctuation = "-._~!$&'()*+,;=";  // unreserved and sub-delims

constexpr std::array<bool, 256> name_table() {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0; byte != 0x80; ++byte) {
        const char c = static_cast<char>(byte);
        table[byte] =
            is_digit(c) || is_alpha(c) || kNamePunctuation.find(c) != std::string_view::npos;
    }
    return table;
}

constexpr std::array<bool, 256> kNameByte = name_table();

bool is_name_byte(char byte) noexcept { return kNameByte[static_cast<unsigned char>(byte)]; }

/// How many bytes of a registered name `text` begins with; a '%' belongs only with two hex digits.
std::size_t name_length(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at != text.size()) {
        if (is_name_byte(text[at])) {
            ++at;
        } else if (text[at] == '%' && text.size() - at > 2 && hex_value(text[at + 1]) >= 0 &&
                   hex_value(text[at + 2]) >= 0) {
            at += 3;
        } else {
            break;
        }
    }
    return at;
}

bool is_ipv6(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> copy{};
    if (text.size() >= copy.size()) return false;
    std::memcpy(copy.data(), text.data(), text.size());
    in6_addr address{};
    return inet_pton(AF_INET6, copy.data(), &address) == 1;
}

/// "v1.fe80::a", whatever it may once mean (RFC 3986: IPvFuture).
bool is_future_address(std::string_view text) noexcept {
    const std::size_t dot = text.find('.');
    if (text.empty() || to_lower(text[0]) != 'v' || dot == std::string_view::npos) return false;
    const std::string_view version = text.substr(1, dot - 1);
    const std::string_view rest = text.substr(dot + 1);
    return !version.empty() && !rest.empty() &&
           std::all_of(version.begin(), version.end(), [](char c) { return hex_value(c) >= 0; }) &&
           std::all_of(rest.begin(), rest.end(),
                       [](char c) { return is_name_byte(c) || c == ':'; });
}

/// How many bytes an address in brackets takes that `text` begins with; 0: it is none. Apart, so that names do not pay
/// for the guard of its array.
[[gnu::noinline]] std::size_t bracketed_length(std::string_view text) noexcept {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return 0;
    const std::string_view address = text.substr(1, bracket - 1);
    return is_ipv6(address) || is_future_address(address) ? bracket + 1 : 0;
}

bool is_port(std::string_view digits) noexcept {
    constexpr unsigned kMost = 65535;
    unsigned port = 0;
    for (const char digit : digits) {
        if (!is_digit(digit)) return false;
        port = port * 10 + static_cast<unsigned>(digit - '0');
        if (port > kMost) return false;
    }
    return true;
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
    if (text.empty()) return false;
    const std::size_t host_length =
        text.front() == '[' ? bracketed_length(text) : name_length(text);
    if (host_length == 0) return false;
    text.remove_prefix(host_length);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    return is_port(text);
}

}  // namespace grove::http
