// stack_overflow.h - what a handler of SIGSEGV can tell of a greenlet that has used up its stack.
//
// Thread: the hub's, in a signal handler too (on a stack of its own: SA_ONSTACK). Core has such a
// handler itself, which writes the description to standard error before it goes on to the former.
#pragma once

#include <cstddef>
#include <span>

#include <grove/core/detail/export.h>

namespace grove {

/// Writes "greenlet NAME overflowed its stack of N bytes; ADVICE", cut to what fits, without an
/// end; control bytes in the name become '?'.
/// @param fault  si_addr: the address that could not be used
/// @return its length; 0: that is not in the guard (256 KiB) below the running greenlet's stack
GROVE_EXPORT std::size_t describe_stack_overflow(const void* fault, std::span<char> text) noexcept;

/// What the description advises from now on, in the whole process. At first
/// "SpawnOptions::stack_bytes sets the size".
/// @param advice  is not copied
GROVE_EXPORT void set_stack_advice(const char* advice) noexcept;

}  // namespace grove
