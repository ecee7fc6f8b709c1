// stack_walk.h - the calls of a flow that a signal has interrupted, anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "checked_memory.h"
#include "code_map.h"

namespace grove::http {

/// Where it was interrupted: sigaction(2)'s third argument.
struct Registers {
    /// All 0 on other machines than x86-64.
    explicit Registers(const void* machine) noexcept;

    std::uintptr_t code;   // the instruction
    std::uintptr_t stack;  // the lowest byte in use
    std::uintptr_t frame;  // the frame pointer, or whatever code without one has put there
};

/// What a walk looks at the process with. Made beforehand: a handler may find no further descriptor.
struct StackSight {
    CodeMap code{};
    CheckedMemory memory{};
};

/// The instruction, then return addresses from the innermost on. For signal handlers: it allocates
/// nothing, and reads all memory through the kernel, so that a broken stack cannot make it fault.
///
/// Code of ours and of plugins keeps frame pointers. Code of the system does not: there the word
/// whose call would best have led here is taken for the return address, a guess that is rarely
/// wrong. Code of others without frame pointers ends the walk. A function of ours that calls no
/// other has no frame; if it was called through a pointer, its caller is missing.
/// @return how many
std::size_t walk_stack(const Registers& registers, const StackSight& sight,
                       const StackBounds& bounds, std::span<std::uintptr_t> calls) noexcept;

}  // namespace grove::http
