// trim_stack.h - memory of a stack that its greenlet has used before, and will not use for long.
#pragma once

#include <grove/core/detail/export.h>

namespace grove {

/// Gives the pages of the running greenlet's stack back to the system that lie below what it needs
/// to wait here. They come again, cleared, when they are used: a microsecond each. No effect on a
/// thread's own stack.
GROVE_EXPORT void trim_stack() noexcept;

}  // namespace grove
