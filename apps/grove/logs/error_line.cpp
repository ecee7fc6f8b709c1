#include "error_line.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>

#include <unistd.h>

using grove::http::LogLevel;

namespace {

constexpr std::array<std::string_view, 5> kNames{"trace", "debug", "info", "warn", "error"};

// Not a backslash: much of the text was escaped before.
void append_safe(std::string& line, char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
        line += "\\n";
    } else if (byte < 0x20 || byte > 0x7e) {
        line += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
    } else {
        line += c;
    }
}

}  // namespace

std::string error_line(LogLevel level, std::string_view text,
                       std::chrono::system_clock::time_point now) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(now);
    const std::time_t second = system_clock::to_time_t(whole);
    std::tm utc{};
    gmtime_r(&second, &utc);
    std::array<char, 96> begin{};
    std::snprintf(begin.data(), begin.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s [%d] ",
                  utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                  utc.tm_sec, static_cast<int>(duration_cast<milliseconds>(now - whole).count()),
                  kNames.at(static_cast<std::size_t>(level)).data(), static_cast<int>(getpid()));
    std::string line{begin.data()};
    line.reserve(line.size() + text.size());
    for (const char c : text) append_safe(line, c);
    return line;
}

LogLevel level_of(std::string_view name) {
    return static_cast<LogLevel>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
}
