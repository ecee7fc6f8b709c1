#include "process_memory.h"

#include <fstream>
#include <string>

#include <unistd.h>

std::optional<ProcessMemory> memory_of(pid_t pid) {
    std::ifstream statm{"/proc/" + std::to_string(pid) + "/statm"};
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::uint64_t shared = 0;
    // Two counters of the kernel, read one after the other. 0: it has ended, and nobody has waited for it.
    if (!(statm >> size >> resident >> shared) || size == 0 || shared > resident)
        return std::nullopt;
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return ProcessMemory{.anonymous = (resident - shared) * page, .shared = shared * page};
}
