// command_lines.h - what the commands of on_command() answer.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

/// The server's own.
inline constexpr std::array<std::string_view, 6> kOwnCommands{"greenlet", "greenlets", "help",
                                                              "log",      "pools",     "quit"};

/// Of all that have that name, each within a second, 1 MiB at most. In a greenlet; switches. @throws what ends the
/// caller, a kill or a time-out: then the function has ended
/// @return nullopt: there is none
GROVE_EXPORT std::optional<std::vector<std::string>> command_lines(std::string_view name,
                                                                   std::string_view arguments);
struct CommandHelp {
    std::string name{};
    std::string help{};
};
/// In the order of their coming.
GROVE_EXPORT std::vector<CommandHelp> commands_to_help();
/// They are called no more, and destroyed.
GROVE_EXPORT void forget_commands() noexcept;

}  // namespace grove::http
