#include "log_text.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace grove::http {

std::string escaped(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string safe;
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (code >= 0x20 && code < 0x7f && byte != '\\') {
            safe += byte;
        } else {
            safe += "\\x";
            safe += kDigits[code >> 4U];
            safe += kDigits[code & 15U];
        }
    }
    return safe;
}

std::string seconds(Duration duration) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%g s",
                  std::chrono::duration<double>{duration}.count());
    return text.data();
}

}  // namespace grove::http
