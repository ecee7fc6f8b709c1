// command_line.h - what was asked of the binary.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "read_config.h"

struct CommandLine {
    enum class Command {
        kServe,
        kApps,
        kCheck,
        kHealth,
        kSchema,
        kNew,
        kReload,
        kStop,
        kStatus,
        kTop
    };

    enum class Project { kPlugin, kWeb, kWsgi };

    Command command = Command::kServe;
    std::filesystem::path config{};  ///< Empty: the flags alone.
    grove::http::ConfigFlags flags{};
    std::string name{};                  ///< Of a new project.
    Project project = Project::kPlugin;  ///< The new one.
    bool watch = false;                  ///< Serve again what changes.
    bool now = false;                    ///< What runs is not waited for.
    bool json = false;                   ///< For machines.
    bool once = false;                   ///< One frame.
    bool ready = false;  ///< Not whether the server is healthy, but whether it is ready.
};

/// Answers --help and --version itself.
/// @return nullopt if nothing is left to do; then `exit_code` is set. A usage error is told in one
/// line.
std::optional<CommandLine> parse_command_line(int argc, const char* const* argv, int& exit_code);
