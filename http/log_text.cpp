#include "log_text.h"

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

}  // namespace grove::http
