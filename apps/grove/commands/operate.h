// operate.h - `grove reload`, `stop`, `status` and `top`: what an operator does with a server that runs.
#pragma once

#include <string>
#include <vector>

#include "command_line.h"

inline constexpr int kExitNothingRuns = 3;  ///< Of `grove status`; the others have kExitFailure.

/// Where the master may have its pid file whom this command line means: as --pid-file has it, else as the
/// configuration has it, also one that has faults by now.
/// @throws grove::http::ConfigError  it cannot be read, or is no JSON, or its "pid_file" is refused
std::vector<std::string> pid_files_of(const CommandLine& line);

/// Each finds the master, does its work and says what has come of it. Blocks the thread.
/// @return the exit code
int reload(const CommandLine& line);
int stop(const CommandLine& line);    ///< Waits for the end of the process, as long as it may take.
int status(const CommandLine& line);  ///< 0 while it serves.
int top(const CommandLine& line);     ///< Each second, until it ends; once without a terminal.

/// A master's answer to "status" as people read it, in lines.
std::string status_text(const std::string& json);
