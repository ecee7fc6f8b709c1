// stack_guard.h - how an overflow of a stack is noticed: a guard page below it, or else a canary.
//
// A lightweight guard (MADV_GUARD_INSTALL, Linux 6.13) costs no mapping. An older kernel splits the
// slab's mapping at each PROT_NONE page, and a process may have some 65,000 mappings: after
// kFullGuards stacks only every 16th gets a page, and all others a canary word.
#pragma once

#include <cstddef>

namespace grove {

class StackGuards {
public:
    enum class Kind { kLightweight, kPages };
    static constexpr std::size_t kFullGuards = 25'000;

    explicit StackGuards(Kind kind = best(), std::size_t full_guards = kFullGuards) noexcept
        : kind_{kind}, full_guards_{full_guards} {}

    [[nodiscard]] static Kind best() noexcept;  ///< What the kernel can do; asked once.
    [[nodiscard]] static std::size_t page_bytes() noexcept;

    /// Guards the stack that lies above `page`.
    /// @return false: by a canary in its lowest word, to be looked at by intact()
    /// @throws std::system_error
    bool install(char* page, std::size_t stack_bytes);
    [[nodiscard]] static bool intact(const char* bottom) noexcept;

private:
    Kind kind_;
    std::size_t full_guards_;
};

}  // namespace grove
