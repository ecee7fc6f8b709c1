#include "utf8.h"

#include <cstddef>
#include <cstring>

namespace grove::http {
namespace {

// The first bytes of `text` that are ASCII, by eights.
std::size_t ascii_words(std::string_view text) noexcept {
    constexpr std::uint64_t kTop = 0x8080808080808080;
    std::size_t at = 0;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & kTop) != 0) break;
    }
    return at;
}

}  // namespace

// RFC 3629 section 4: the second byte's range depends on the first.
bool Utf8Check::lead(std::uint8_t byte) noexcept {
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    left_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    low_ = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    high_ = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    return true;
}

bool Utf8Check::feed(std::string_view bytes) noexcept {
    if (left_ == kBroken) return false;
    while (!bytes.empty()) {
        if (left_ == 0) bytes.remove_prefix(ascii_words(bytes));
        if (bytes.empty()) break;
        const auto byte = static_cast<std::uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        const bool fits = left_ == 0 ? lead(byte) : byte >= low_ && byte <= high_;
        if (!fits) {
            left_ = kBroken;
            return false;
        }
        if (left_ == 0 || byte >= 0xc0) continue;  // a first byte
        --left_;
        low_ = 0x80;
        high_ = 0xbf;
    }
    return true;
}

bool is_utf8(std::string_view text) noexcept {
    Utf8Check check;
    return check.feed(text) && check.complete();
}

}  // namespace grove::http
