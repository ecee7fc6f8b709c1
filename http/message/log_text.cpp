#include "log_text.h"

#include <cstddef>

#include "hexadecimal.h"

namespace grove::http {

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (code >= 0x20 && code < 0x7f && byte != '\\') {
            safe += byte;
        } else {
            append_escape(safe, byte);
        }
    }
    return safe;
}

std::string shortened(std::string name) {
    constexpr std::size_t kLongest = 160;
    constexpr std::size_t kEnd = 60;  // with the offset, by which the line is found
    constexpr std::string_view kGap = "...";
    if (name.size() <= kLongest) return name;
    const std::size_t begin = kLongest - kGap.size() - kEnd;
    return name.replace(begin, name.size() - kEnd - begin, kGap);
}

}  // namespace grove::http
