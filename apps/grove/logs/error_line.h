// error_line.h - how a line of the error log looks.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <grove/http/access_log.h>

/// "2026-11-23T15:50:32.123Z warn [4711] " and the text; 4711 is the process. Line ends in the text, which
/// could pass for lines of their own, become "\n", other bytes outside of printable ASCII \xhh. Any thread.
std::string error_line(grove::http::LogLevel level, std::string_view text,
                       std::chrono::system_clock::time_point now);
