#include "open_files.h"

#include <algorithm>

#include <sys/resource.h>

namespace {

constexpr std::size_t kOtherFiles = 64;  // logs, listeners, the loop's, the admin's clients

}  // namespace

void raise_open_files_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

PossibleConnections possible_connections(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY)
        return {.count = wanted};
    const auto files = static_cast<std::size_t>(limit.rlim_max);
    const std::size_t others = std::min(kOtherFiles, files / 2);
    if (wanted <= files - others) return {.count = wanted};
    const std::size_t count = std::max<std::size_t>(files - others, 1);
    return {.count = count,
            .why = std::to_string(wanted) +
                   " connections need more open files than a process may have (" +
                   std::to_string(files) + "); a worker takes at most " + std::to_string(count)};
}
