// process_memory.h - how much memory a process has, as the kernel counts it.
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

/// In bytes; what was swapped out does not count.
struct ProcessMemory {
    std::uint64_t anonymous =
        0;                     ///< Its own: stacks, heap, and pages of files that it has changed.
    std::uint64_t shared = 0;  ///< Of files and shared memory, which other processes may have, too.
};

/// nullopt: it is gone, or the kernel does not show it. Any user may ask.
[[nodiscard]] std::optional<ProcessMemory> memory_of(pid_t pid);
