// help_footers.h - what --help says below the options: signals, files, exit codes.
#pragma once

namespace CLI {
class App;
}

/// To a command line that has all its commands. A line without an indent and with a colon at its end is a heading; below
/// it stand terms, two spaces or more, and what they mean: man pages are made of this.
void add_help_footers(CLI::App& app);
