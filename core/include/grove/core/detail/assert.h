// assert.h - a broken contract or invariant ends the process, in every build.
#pragma once

#include <grove/core/detail/export.h>

namespace grove::detail {

/// Writes one line (the file, the condition, the message, the running greenlet) to standard error
/// and aborts.
[[noreturn]] GROVE_EXPORT void assertion_failed(const char* condition, const char* message,
                                                const char* file, int line) noexcept;

}  // namespace grove::detail

#define GROVE_ASSERT(condition, message)               \
    (__builtin_expect(static_cast<bool>(condition), 1) \
         ? static_cast<void>(0)                        \
         : ::grove::detail::assertion_failed(#condition, message, __FILE__, __LINE__))
