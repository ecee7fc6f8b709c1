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
    for (const char c : text) {
        c == '\n' ? line.append("\\n") : line.append(1, c);
    }
    return line;
}

LogLevel level_of(std::string_view name) {
    return static_cast<LogLevel>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
}
