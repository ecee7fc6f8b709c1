// stack_overflow.h - tells, in a handler of SIGSEGV, of a greenlet that has used up its stack.
//
// Thread: the hub's, also in a signal handler (on a stack of its own: SA_ONSTACK). Core itself has
// such a handler: it writes the description to standard error and goes on to the former handler.
#pragma once

#include <cstddef>
#include <span>

#include <grove/core/detail/export.h>

namespace grove {

/// Writes "greenlet NAME overflowed its stack of N bytes; ADVICE", cut to what fits, without a
/// terminator; control bytes in the name become '?'.
/// @param fault  si_addr: the address that could not be used
/// @return the length; 0: `fault` is not in the guard (256 KiB) below the running greenlet's stack
GROVE_EXPORT std::size_t describe_stack_overflow(const void* fault, std::span<char> text) noexcept;

/// Sets the description's advice from now on, in the whole process. At first it is
/// "SpawnOptions::stack_bytes sets the size".
/// @param advice  is not copied
GROVE_EXPORT void set_stack_advice(const char* advice) noexcept;

}  // namespace grove
