// resident.h - how much memory this process holds.
#pragma once

#include <cstddef>
#include <fstream>

#include <unistd.h>

namespace grove::test {

inline std::size_t resident_bytes() {
    std::ifstream pages{"/proc/self/statm"};
    std::size_t all = 0;
    std::size_t resident = 0;
    pages >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace grove::test
