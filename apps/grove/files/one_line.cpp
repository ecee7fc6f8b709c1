#include "one_line.h"

#include <cstddef>

#include "hexadecimal.h"

namespace grove::http {
namespace {

/// How many bytes of `text`, which is not empty, are one control character.
std::size_t control_at_begin(std::string_view text) {
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
    const bool second = byte(0) == 0xc2 && text.size() > 1 && byte(1) >= 0x80 && byte(1) < 0xa0;
    return second ? 2 : 0;
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t controls = control_at_begin(text);
        if (controls == 0) result += text.front();
        for (const char byte : text.substr(0, controls)) append_escape(result, byte);
        text.remove_prefix(controls == 0 ? 1 : controls);
    }
    return result;
}

}  // namespace grove::http
