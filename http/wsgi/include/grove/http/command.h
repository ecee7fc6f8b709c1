// command.h - the commands that an application adds to the backdoor of its worker.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// From now on, the line `name`, with arguments behind a space or without, that somebody writes to
/// the backdoor (the configuration's "backdoor") calls `run`; its text is the answer, line by line.
/// `run` runs in a greenlet of its own on the worker's main thread, and stays until the worker has
/// destroyed its applications. An answer has 1 MiB at most: the rest is cut, and a line tells of the
/// cut. If `run` throws, a line tells what it threw; if it blocks, it is ended after a second. It may
/// be called once more meanwhile, for another client. Of several commands with one name all are
/// called, the oldest first. Any thread; never blocks. In a program other than `grove serve`, nobody
/// asks.
/// @param name  1 to 32 of a to z, 0 to 9, "-" and "_"; not one of the server's own: "greenlet",
///              "greenlets", "help", "log", "pools", "quit"
/// @param help  what the command does, a line for the answer to "help"
/// @param run   is given the rest of the line, without spaces around it
/// @throws std::invalid_argument naming it: the name is not allowed, or there is no function
GROVE_EXPORT void on_command(std::string name, std::string help,
                             std::function<void(std::ostream&, std::string_view arguments)> run);

}  // namespace grove::http
