// program.h - runs a program to its end and keeps what it said.
#pragma once

#include <string>
#include <vector>

namespace grove {

struct ProgramResult {
    int exit_code = -1;  ///< Minus the signal's number if one ended it.
    std::string output{};
    std::string errors{};
};

/// Runs `arguments[0]`, with no input. Blocks the thread until it ends.
/// @throws std::system_error if it cannot be started
ProgramResult run_program(const std::vector<std::string>& arguments);

}  // namespace grove
