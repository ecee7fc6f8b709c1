#include "help_footers.h"

#include <CLI/CLI.hpp>

namespace {

struct Footer {
    const char* command;
    const char* text;
};

constexpr Footer kFooters[] = {
    {"serve",
     "Signals to the master:\n"
     "  TERM, INT                   Answer the requests that run or wait, then end\n"
     "  QUIT                        End at once\n"
     "  HUP                         Serve with the present configuration, plugins and "
     "certificates\n"
     "  USR1                        Open the log files anew\n"
     "  USR2                        Write each greenlet and its stack to the error log\n"
     "\n"
     "Exit codes:\n"
     "  0                           It was told to stop, and did\n"
     "  1                           It could not begin, failed, or lost a worker at the stop\n"
     "  2                           Command line or configuration cannot be used"},
    {"check",
     "Exit codes:\n"
     "  0                           The configuration can be served\n"
     "  2                           It has faults: a line names each with its place"},
    {"health",
     "Exit codes:\n"
     "  0                           The answer is 200\n"
     "  1                           It is another, or there is none in time\n"
     "  2                           The configuration has no admin, or cannot be used"},
    {"reload",
     "Exit codes:\n"
     "  0                           The new workers serve\n"
     "  1                           Nothing has changed: a line says why"},
    {"stop",
     "Exit codes:\n"
     "  0                           The server has ended\n"
     "  1                           It has not, lost a worker, or none was found"},
    {"status",
     "Exit codes:\n"
     "  0                           The server serves\n"
     "  1                           It starts or stops\n"
     "  3                           No running server can be asked"},
    {"top",
     "Exit codes:\n"
     "  0                           The server was shown\n"
     "  1                           No running server can be asked"},
};

}  // namespace

void add_help_footers(CLI::App& app) {
    for (const auto& [command, text] : kFooters) app.get_subcommand(command)->footer(text);
}
