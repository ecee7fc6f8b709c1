#include <grove/web/percent.h>

#include "escapes.h"
#include "hexadecimal.h"

namespace grove::web {
namespace {

int value_of(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

bool is_unreserved(char byte) noexcept {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

std::string encoded(std::string_view text, char also_kept) {
    std::string all;
    all.reserve(text.size());
    for (const char byte : text) {
        if (is_unreserved(byte) || byte == also_kept) {
            all += byte;
        } else {
            all += '%';
            append_digits(all, static_cast<unsigned char>(byte), kUpperDigits);
        }
    }
    return all;
}

}  // namespace

bool append_decoded(std::string& decoded, std::string_view text) {
    bool all = true;
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const bool whole = text.size() - at > 2;
        const int high = whole ? value_of(text[at + 1]) : -1;
        const int low = whole ? value_of(text[at + 2]) : -1;
        if (high < 0 || low < 0) {
            decoded += '%';
            all = false;
        } else {
            decoded += static_cast<char>(high * 16 + low);
            at += 2;
        }
    }
    return all;
}

std::string encode_path(std::string_view path) { return encoded(path, '/'); }

std::string percent_encode(std::string_view text) { return encoded(text, '.'); }

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    if (!append_decoded(decoded, text)) return std::nullopt;
    return decoded;
}

}  // namespace grove::web
