#include "key_checks.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace grove::http {

void check_mode(const std::string& mode) {
    if (mode.size() > 4 || mode.find_first_not_of("01234567") != std::string::npos) {
        throw std::invalid_argument{"is \"" + mode + "\", must be octal digits as \"0660\""};
    }
}

void check_token(const std::string& token) {
    const std::string_view bare{token.data(), token.find_last_not_of('=') + 1};  // of "=": none
    const bool good = std::all_of(bare.begin(), bare.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
    });
    if (bare.empty() || !good) throw std::invalid_argument{"is no bearer token (RFC 6750)"};
}

void check_printable(const std::string& text) {
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; })) {
        throw std::invalid_argument{"must be printable ASCII"};
    }
}

}  // namespace grove::http
