// process_state.h - whether a process can do anything at all.
#pragma once

#include <sys/types.h>

namespace grove::http {

/// It was stopped by a signal, or a debugger is at it.
[[nodiscard]] bool stands_still(pid_t pid);

}  // namespace grove::http
