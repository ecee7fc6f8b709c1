#include "one_line.h"

#include "hexadecimal.h"

namespace grove::http {

std::string one_line(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            append_escape(result, c);
        } else {
            result += c;
        }
    }
    return result;
}

}  // namespace grove::http
