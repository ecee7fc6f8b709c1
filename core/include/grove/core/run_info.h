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
    /// without frame pointers may be missing; on machines other than x86-64 all are.
    std::vector<std::string> stack{};
};

class AnyGreenlet;
class Symbols;

/// Reads this thread's greenlets, one after another. It remembers the names of places: the first
/// stack takes about a millisecond, a stack of known places microseconds. So a report of thousands
/// can be made in turns.
class GROVE_EXPORT StackReader {
public:
    StackReader();
    ~StackReader();
    StackReader(const StackReader&) = delete;
    StackReader& operator=(const StackReader&) = delete;

    /// What greenlet_infos() tells of `greenlet`; nullopt if it is dead. Never switches.
    [[nodiscard]] std::optional<GreenletInfo> info_of(const AnyGreenlet& greenlet);
    /// The same of the thread's own flow, which living_greenlets() leaves out.
    [[nodiscard]] GreenletInfo info_of_main();
    /// The stack of `greenlet`, as GreenletInfo::stack; empty if it is dead. Never switches.
    [[nodiscard]] std::vector<std::string> stack_of(const AnyGreenlet& greenlet);
    /// The names of return addresses that were taken elsewhere, such as by capture_calls().
    [[nodiscard]] std::vector<std::string> names_of(std::span<const void* const> calls);

private:
    Symbols& symbols();

    std::unique_ptr<Symbols> symbols_;  // made when first needed
};

/// Writes the return addresses of the running greenlet, the innermost first, as many as there is
/// room for. Takes nanoseconds, never allocates. Any thread.
/// @return how many; 0 on a thread's own stack, and where stacks cannot be walked
GROVE_EXPORT std::size_t capture_calls(std::span<const void*> calls) noexcept;

// ---- for signal handlers, about the thread that they interrupt: neither call allocates or waits

/// The memory of a stack.
struct StackBounds {
    std::uintptr_t low = 0;   ///< The first byte.
    std::uintptr_t high = 0;  ///< Behind the last byte.
};

/// The stack on which the thread runs, a greenlet's or the hub's; nullopt if no hub made it.
/// @param stack_pointer  an address in the stack, or in the guard below it
[[nodiscard]] GROVE_EXPORT std::optional<StackBounds> running_stack(
    std::uintptr_t stack_pointer) noexcept;
/// Writes the running greenlet's name ("Greenlet-7" if it was given none), as much as there is room
/// for.
/// @return how many bytes; 0 on a thread without a hub
GROVE_EXPORT std::size_t name_running_greenlet(std::span<char> name) noexcept;

/// The name of a place in code, "grove::sleep(...)+0x1f", by the symbols of a program's or a
/// library's file; "" if no symbol names it.
/// @param offset   in the file, as /proc/PID/maps counts
/// @param returns  `offset` is a return address: the call lies before it
[[nodiscard]] GROVE_EXPORT std::string name_of_code(const std::string& file, std::uint64_t offset,
                                                    bool returns);

/// Handles of all greenlets of this thread's hub that are not dead, oldest first. Those that were
/// not started are included; main and the hub's are not. Never switches.
[[nodiscard]] GROVE_EXPORT std::vector<AnyGreenlet> living_greenlets();
/// All greenlets that are not dead: main first, then the others, oldest first. Never switches.
[[nodiscard]] GROVE_EXPORT std::vector<GreenletInfo> greenlet_infos();
/// greenlet_infos() as text.
[[nodiscard]] GROVE_EXPORT std::string run_info();
/// Writes run_info() to standard error. `SignalHandler on_request{SIGUSR1, print_run_info};`
GROVE_EXPORT void print_run_info();

}  // namespace grove
