// run_info.h - every greenlet of this thread's hub: what it is, what it waits for, where it stands
// (gevent.util.print_run_info).
//
// No greenlet is resumed for it. For people and tools: texts may change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/export.h>

namespace grove {

/// One greenlet, as it is now.
struct GreenletInfo {
    std::uint64_t id = 0;     ///< AnyGreenlet::id().
    std::string name{};       ///< AnyGreenlet::name().
    std::string state{};      ///< "unstarted", "scheduled", "ready", "blocked" or "running".
    std::string waits_for{};  ///< "a Semaphore"; "" unless blocked.
    Duration age{};           ///< Since the turn of the hub in which it was made.
    /// Innermost call first: "grove::sleep(...)+0x1f". Empty if it has no stack. Frames of code
    /// without frame pointers may be missing; on other machines than x86-64, all.
    std::vector<std::string> stack{};
};

/// Main first, then all that are not dead, oldest first. Never switches.
[[nodiscard]] GROVE_EXPORT std::vector<GreenletInfo> greenlet_infos();
/// The same as text.
[[nodiscard]] GROVE_EXPORT std::string run_info();
/// Writes run_info() to standard error. `SignalHandler on_request{SIGUSR1, print_run_info};`
GROVE_EXPORT void print_run_info();

}  // namespace grove
