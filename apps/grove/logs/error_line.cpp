#include "error_line.h"

#include <unistd.h>

#include "calendar.h"
#include "hexadecimal.h"
#include "log_levels.h"

using grove::http::LogLevel;

namespace {

// Not a backslash: much of the text was escaped before.
void append_safe(std::string& line, char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
        line += "\\n";
    } else if (byte < 0x20 || byte > 0x7e) {
        grove::append_escape(line, c);
    } else {
        line += c;
    }
}

}  // namespace

std::string error_line(LogLevel level, std::string_view text,
                       std::chrono::system_clock::time_point now) {
    std::string line = grove::rfc3339(now) + " ";
    line += word_of(level);
    line += " [" + std::to_string(::getpid()) + "] ";
    line.reserve(line.size() + text.size());
    for (const char c : text) append_safe(line, c);
    return line;
}
