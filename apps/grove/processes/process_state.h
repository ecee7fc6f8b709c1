// process_state.h - whether a process can do anything at all.
#pragma once

#include <string_view>

#include <sys/types.h>

namespace grove::http {

/// It was stopped by a signal, a debugger is at it, or the kernel writes its core.
[[nodiscard]] bool stands_still(pid_t pid);
/// The kernel writes its core, which its end would cut.
[[nodiscard]] bool dumps_core(pid_t pid);
/// As /proc/PID/status says.
[[nodiscard]] bool dumps_core(std::string_view status);

}  // namespace grove::http
