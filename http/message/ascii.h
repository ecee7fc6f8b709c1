// ascii.h - classes of bytes in HTTP/1.1 and the small comparisons made of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace grove::http {

namespace detail {

inline constexpr std::string_view kTokenPunctuation = "!#$%&'*+-.^_`|~";

constexpr std::array<bool, 256> token_table() {
    std::array<bool, 256> table{};
    for (std::size_t byte = '0'; byte <= '9'; ++byte) table[byte] = true;
    for (std::size_t byte = 'A'; byte <= 'Z'; ++byte) table[byte] = table[byte + 0x20] = true;
    for (const char mark : kTokenPunctuation) table[static_cast<unsigned char>(mark)] = true;
    return table;
}

inline constexpr std::array<bool, 256> kToken = token_table();

constexpr std::array<bool, 256> value_table() {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte != table.size(); ++byte) table[byte] = byte != 0x7f;
    table['\t'] = true;
    return table;
}

inline constexpr std::array<bool, 256> kValue = value_table();

}  // namespace detail

/// RFC 9110 section 5.6.2: tchar.
constexpr bool is_token_char(char byte) noexcept {
    return detail::kToken[static_cast<unsigned char>(byte)];
}

/// What a field's value may hold: no control but HTAB, no DEL; obs-text passes.
constexpr bool is_value_char(char byte) noexcept {
    return detail::kValue[static_cast<unsigned char>(byte)];
}

/// What a request target may hold: visible ASCII without '#', which no client may send.
constexpr bool is_target_char(char byte) noexcept {
    return byte > ' ' && byte < 0x7f && byte != '#';
}

constexpr bool is_ows(char byte) noexcept { return byte == ' ' || byte == '\t'; }

constexpr bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

constexpr char to_lower(char byte) noexcept {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 0x20) : byte;
}

constexpr bool is_alpha(char byte) noexcept {
    return to_lower(byte) >= 'a' && to_lower(byte) <= 'z';
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char byte) noexcept {
    if (is_digit(byte)) return byte - '0';
    const char lower = to_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// What == and starts_with() say; those are calls, these a comparison or two where `right` is known when compiled.
constexpr bool same(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() &&
           std::char_traits<char>::compare(left.data(), right.data(), right.size()) == 0;
}
constexpr bool begins_with(std::string_view left, std::string_view right) noexcept {
    return left.size() >= right.size() &&
           std::char_traits<char>::compare(left.data(), right.data(), right.size()) == 0;
}

namespace detail {

inline constexpr std::size_t kWord = sizeof(std::uint64_t);

inline std::uint64_t word_at(const char* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, kWord);
    return word;
}

/// to_lower() of eight bytes. No sum of two carries into the next byte, as both leave their top bits unset.
constexpr std::uint64_t to_lower(std::uint64_t word) noexcept {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    constexpr std::uint64_t kTop = 0x80 * kEach;
    const std::uint64_t ascii = word & ~kTop;
    const std::uint64_t from_a = ascii + (0x80 - 'A') * kEach;
    const std::uint64_t beyond_z = ascii + (0x80 - 'Z' - 1) * kEach;
    return word | (from_a & ~beyond_z & ~word & kTop) >> 2U;
}

[[gnu::always_inline]] inline bool matches_words(std::string_view text,
                                                 std::string_view lower) noexcept {
    const std::size_t last = text.size() - kWord;
    for (std::size_t at = 0; at < last; at += kWord) {
        if (to_lower(word_at(text.data() + at)) != word_at(lower.data() + at)) return false;
    }
    return to_lower(word_at(text.data() + last)) == word_at(lower.data() + last);
}

}  // namespace detail

/// Whether `text` is `lower` in any case. @pre `lower` has no capital letter.
/// In its place: where `lower` is a literal, it is a few words.
[[gnu::always_inline]] constexpr bool matches(std::string_view text,
                                              std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    if (!std::is_constant_evaluated() && lower.size() >= detail::kWord)
        return detail::matches_words(text, lower);
    for (std::size_t at = 0; at != text.size(); ++at) {
        if (to_lower(text[at]) != lower[at]) return false;
    }
    return true;
}

/// The same, in fewer steps. @pre `text` is a token, and `lower` is of small letters and hyphens, eight at least
[[gnu::always_inline]] inline bool spells(std::string_view text, std::string_view lower) noexcept {
    constexpr std::uint64_t kSmall =
        0x2020202020202020;  // of a token's bytes, none but '-' gives '-'
    if (text.size() != lower.size()) return false;
    const std::size_t last = lower.size() - detail::kWord;
    std::uint64_t differs = 0;
    for (std::size_t at = 0; at < last; at += detail::kWord) {
        differs |=
            (detail::word_at(text.data() + at) | kSmall) ^ detail::word_at(lower.data() + at);
    }
    differs |=
        (detail::word_at(text.data() + last) | kSmall) ^ detail::word_at(lower.data() + last);
    return differs == 0;
}

/// `text` without the SP and HTAB around it.
constexpr std::string_view trim_ows(std::string_view text) noexcept {
    while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace grove::http
