#include "key_checks.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include "listen_address.h"
#include "trusted_proxies.h"

namespace grove::http {

void check_address(const std::string& text) { parse_listen_address(text); }

void check_backdoor(const std::string& text) {
    if (!text.starts_with("unix:")) {
        throw std::invalid_argument{"is \"" + text + "\", must be " +
                                    std::string{kBackdoorAllowed}};
    }
    parse_listen_address(text);
}

void check_mode(const std::string& mode) {
    if (mode.size() > 4 || mode.find_first_not_of("01234567") != std::string::npos)
        throw std::invalid_argument{"is \"" + mode + "\", must be octal digits such as \"0660\""};
}

void check_mount(const std::string& mount) {
    if (!mount.starts_with('/'))
        throw std::invalid_argument{"mount \"" + mount + "\": must begin with \"/\""};
}

void check_proxy(const std::string& text) { TrustedProxies{{text}}; }

void check_host(const std::string& host) {
    if (!is_host_name(host)) throw std::invalid_argument{"is not a host name in lower case"};
}

bool is_host_name(std::string_view text) {
    const auto odd = [](char c) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        return !plain && c != '-' && c != '.' && c != '_';
    };
    return !text.empty() && std::none_of(text.begin(), text.end(), odd);
}

void check_token(const std::string& token) {
    const std::string_view bare{token.data(), token.find_last_not_of('=') + 1};  // of "=": none
    const bool good = std::all_of(bare.begin(), bare.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
    });
    if (bare.empty() || !good) throw std::invalid_argument{"is not a bearer token (RFC 6750)"};
}

void check_printable(const std::string& text) {
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; }))
        throw std::invalid_argument{"must be printable ASCII"};
}

}  // namespace grove::http
