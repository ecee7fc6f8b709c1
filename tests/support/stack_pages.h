// stack_pages.h - how much memory a greenlet's stack holds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace grove::test {

/// Pages of the `bytes` below `end` that take memory. Not under a sanitizer, whose stacks are its own.
inline std::size_t pages_below(const char* end, std::size_t bytes) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t top = reinterpret_cast<std::uintptr_t>(end) / page * page;
    std::vector<unsigned char> there(bytes / page);
    EXPECT_EQ(::mincore(reinterpret_cast<void*>(top - bytes), bytes, there.data()), 0);
    return static_cast<std::size_t>(
        std::count_if(there.begin(), there.end(), [](unsigned char state) { return state & 1U; }));
}

constexpr std::size_t kDeep = 40'960;  // bytes, of 4 KiB pages

/// Needs kDeep bytes of the stack, and some more.
[[gnu::noinline]] inline void call_deep() {
    volatile char used[kDeep + 8192];
    for (std::size_t at = 0; at < sizeof used; at += 1024) used[at] = 1;
}

}  // namespace grove::test
