// hexadecimal.h - bytes and numbers in hexadecimal digits, and bytes that a log must not have as they are.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace grove {

inline constexpr std::string_view kLowerDigits = "0123456789abcdef";
inline constexpr std::string_view kUpperDigits = "0123456789ABCDEF";

/// The two digits of a byte, the high one first.
constexpr std::array<char, 2> digits_of(unsigned char byte,
                                        std::string_view digits = kLowerDigits) noexcept {
    return {digits[byte >> 4U], digits[byte & 15U]};
}

inline void append_digits(std::string& text, unsigned char byte,
                          std::string_view digits = kLowerDigits) {
    const auto [high, low] = digits_of(byte, digits);
    text += {high, low};
}

/// \xhh
inline void append_escape(std::string& text, char byte) {
    const auto [high, low] = digits_of(static_cast<unsigned char>(byte));
    text += {'\\', 'x', high, low};
}

/// "0x1f": as few digits as it takes.
inline std::string hexadecimal(std::uint64_t number) {
    std::string text;
    do {
        text.insert(text.begin(), kLowerDigits[number % 16]);
        number /= 16;
    } while (number != 0);
    return "0x" + text;
}

}  // namespace grove
