// stack_guard.h - how an overflow of a stack is noticed: a guard below it, or else a canary.
//
// The guard is wide, as code that was built without -fstack-clash-protection may step over a page:
// a frame of up to kBytes is caught, whoever compiled it. Its addresses take no memory but page
// tables: 8 bytes a page, 504 B a stack more than a guard of one page would (measured: 641 for
// 136; the same with either kind).
//
// A lightweight guard (MADV_GUARD_INSTALL, Linux 6.13) costs no mapping. An older kernel splits the
// slab's mapping at each PROT_NONE range, and a process may have some 65,000 mappings: after
// kFullGuards stacks only every 16th gets one, and all others a canary word. So it is also where
// memory is locked (mlockall) or counted when mapped (RLIMIT_DATA, vm.overcommit_memory=2): guards
// then take none of it.
#pragma once

#include <cstddef>
#include <span>

#include <sys/uio.h>

namespace grove {

class StackGuards {
public:
    enum class Kind { kLightweight, kPages };
    static constexpr std::size_t kBytes = 262144;  // a multiple of any page size
    static constexpr std::size_t kFullGuards = 25'000;

    /// @param kind  what is used where the system can do it
    explicit StackGuards(Kind kind = Kind::kLightweight,
                         std::size_t full_guards = kFullGuards) noexcept
        : kind_{kind}, full_guards_{full_guards} {}

    [[nodiscard]] static std::size_t page_bytes() noexcept;

    /// Opens a slab of slots (a guard and a stack above it each) that was mapped without access.
    /// @return false: stack by stack, by install()
    [[nodiscard]] bool open(char* slab, std::size_t bytes) const noexcept;

    /// Guards the stack of `stack_bytes` that lies kBytes above `guard`, and opens it.
    /// @param opened  what open() said of its slab
    /// @return false: by a canary in its lowest word, to be looked at by intact()
    /// @throws std::system_error
    bool install(char* guard, std::size_t stack_bytes, bool opened) const;

    /// Guards stacks of an opened slab at once, the first of which lies kBytes above `guard`, and gives each the memory
    /// of its top page: one call for all where a fault and a call each would be.
    /// @param ranges  as many as there are stacks, 1 to kAhead; written. A caller's stack need not have the room.
    /// @return false: nothing can be relied on, so install() each
    static bool install_ahead(char* guard, std::size_t stack_bytes,
                              std::span<iovec> ranges) noexcept;
    static constexpr std::size_t kAhead = 256;

    [[nodiscard]] static bool intact(const char* bottom) noexcept;

private:
    Kind kind_;
    std::size_t full_guards_;
};

}  // namespace grove
