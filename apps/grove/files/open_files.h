// open_files.h - how many files a process may have open (RLIMIT_NOFILE), and so how many connections a worker.
#pragma once

#include <cstddef>
#include <string>

/// Raises the soft limit to the hard one: a server wants as many connections as it is allowed to have.
void raise_open_files_limit();

/// What max_connections means where files are limited. As serve has it, which raises the limit.
struct PossibleConnections {
    std::size_t count =
        1;  ///< Of `wanted` those for which there are files, beside a reserve for all else.
    std::string why{};  ///< A few words, if they are fewer than were wanted.
};
PossibleConnections possible_connections(std::size_t wanted);
