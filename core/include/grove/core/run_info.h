// run_info.h - every greenlet of this thread's hub: what it is, what it waits for, where it stands
// (gevent.util.print_run_info).
//
// No greenlet is resumed for it. For people and tools: texts may change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

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

class AnyGreenlet;
class Symbols;

/// Tells where greenlets of this thread stand, one after the other: it remembers the names of places, so that
/// the first stack takes about a millisecond and one of known places microseconds.
class GROVE_EXPORT StackReader {
public:
    StackReader();
    ~StackReader();
    StackReader(const StackReader&) = delete;
    StackReader& operator=(const StackReader&) = delete;

    /// As GreenletInfo::stack; empty if it is dead. Never switches.
    [[nodiscard]] std::vector<std::string> stack_of(const AnyGreenlet& greenlet);
    /// The same of return addresses that were taken elsewhere.
    [[nodiscard]] std::vector<std::string> names_of(std::span<const void* const> calls);

private:
    std::unique_ptr<Symbols> symbols_;  // made when first needed
};

/// Where the running greenlet stands: return addresses, the innermost first, as many as there is room for.
/// Takes nanoseconds, never allocates. Any thread.
/// @return how many; 0 on a thread's own stack, and where stacks cannot be walked
GROVE_EXPORT std::size_t capture_calls(std::span<const void*> calls) noexcept;

// ---- for signal handlers, of the thread that they interrupt: neither allocates, neither waits

/// The memory of a stack.
struct StackBounds {
    std::uintptr_t low = 0;
    std::uintptr_t high = 0;  ///< Behind the last byte.
};

/// The greenlet's or the hub's stack on which the thread runs, if it is one that a hub made.
/// @param stack_pointer  in it, or in the guard below it
[[nodiscard]] GROVE_EXPORT std::optional<StackBounds> running_stack(
    std::uintptr_t stack_pointer) noexcept;
/// Writes the running greenlet's name ("Greenlet-7" if it was given none), as much as there is room for.
/// @return how many bytes; 0 on a thread without a hub
GROVE_EXPORT std::size_t name_running_greenlet(std::span<char> name) noexcept;

/// "grove::sleep(...)+0x1f", by the symbols of a program's or a library's file; "" if they name nothing there.
/// @param offset   in the file, as /proc/PID/maps counts
/// @param returns  it is a return address, and its call lies before it
[[nodiscard]] GROVE_EXPORT std::string name_of_code(const std::string& file, std::uint64_t offset,
                                                    bool returns);

/// Main first, then all that are not dead, oldest first. Never switches.
[[nodiscard]] GROVE_EXPORT std::vector<GreenletInfo> greenlet_infos();
/// The same as text.
[[nodiscard]] GROVE_EXPORT std::string run_info();
/// Writes run_info() to standard error. `SignalHandler on_request{SIGUSR1, print_run_info};`
GROVE_EXPORT void print_run_info();

}  // namespace grove
