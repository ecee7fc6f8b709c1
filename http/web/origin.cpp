#include "origin.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace grove::web {
namespace {

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
bool is_lower(char byte) noexcept { return byte >= 'a' && byte <= 'z'; }

bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && is_lower(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char byte) {
               return is_lower(byte) || is_digit(byte) || byte == '+' || byte == '-' || byte == '.';
           });
}

bool is_host(std::string_view text) noexcept {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        return std::all_of(text.begin() + 1, text.end() - 1, [](char byte) {
            return is_digit(byte) || (byte >= 'a' && byte <= 'f') || byte == ':' || byte == '.';
        });
    }
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
        return is_lower(byte) || is_digit(byte) || byte == '-' || byte == '.' || byte == '_';
    });
}

bool is_port(std::string_view text, std::string_view scheme) noexcept {
    const bool default_port =
        (scheme == "http" && text == "80") || (scheme == "https" && text == "443");
    return !default_port && !text.empty() && text.size() <= 5 && text.front() != '0' &&
           std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

bool is_origin(std::string_view text) noexcept {
    const std::size_t mark = text.find("://");
    if (mark == text.npos || !is_scheme(text.substr(0, mark))) return false;
    const std::string_view authority = text.substr(mark + 3);
    const std::size_t bracket = authority.find(']');
    const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    if (colon == authority.npos) return is_host(authority);
    return is_host(authority.substr(0, colon)) &&
           is_port(authority.substr(colon + 1), text.substr(0, mark));
}

void require_origin(const std::string& who, std::string_view origin) {
    if (is_origin(origin)) return;
    throw std::invalid_argument{
        who + ": \"" + std::string{origin} +
        "\" is not an origin, must be scheme://host or scheme://host:port, in "
        "lower case, without a path or the scheme's own port"};
}

}  // namespace grove::web
