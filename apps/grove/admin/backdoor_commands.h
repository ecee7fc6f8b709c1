// backdoor_commands.h - a line that a client of the backdoor writes, and what is answered.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/http/error_log.h>

/// What the commands show and change of their worker.
struct BackdoorSight {
    std::function<std::vector<std::string>()> pools{};
    std::function<grove::http::LogLevel()> level{};
    std::function<void(grove::http::LogLevel)> set_level{};
};

/// Answers `greenlets`, `greenlet ID`, `pools`, `log`, `log LEVEL`, `help` and those of on_command(). Switches.
/// @param line  without its end, not empty
/// @return lines, of which the last is "ok", or "error: " with what is allowed
std::vector<std::string> backdoor_answer(std::string_view line, const BackdoorSight& sight);
