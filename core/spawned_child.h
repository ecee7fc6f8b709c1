// spawned_child.h - a started child, known by a descriptor; and the ends of its pipes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/popen.h>

namespace grove {

struct SpawnedChild {
    pid_t pid = -1;
    FileDescriptor handle{};            // a pidfd
    FileDescriptor in{}, out{}, err{};  // of the pipes that were asked for; non-blocking
};

/// As Popen's constructor.
SpawnedChild start_child(const std::vector<std::string>& argv, const PopenOptions& options);

/// Reaps the child if it has ended. @return its exit code, or minus the signal; nullopt: it runs
/// @throws std::system_error, such as ECHILD
std::optional<int> reap_child(int handle, bool blocking);

}  // namespace grove
