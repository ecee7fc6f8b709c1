// signal_inbox.h - signals of the process, kept until somebody asks for them.
//
// For a program without a hub, or before it has a hub. In a hub, a SignalHandler runs a function at
// each delivery.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include <sys/types.h>

#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove {

/// Keeps which of its signals have come since construction, each once, as signals do. Several
/// inboxes, in any threads, may have the same signal; each of them gets it. Signals come by
/// sigaction(2), whichever thread the kernel interrupts; no thread blocks them. When a signal's
/// last inbox ends, the signal's former disposition is restored.
///
/// An inbox that nobody reads keeps its signals from doing anything, as SIG_IGN does. Programs that
/// the process executes inherit SIG_IGN, but not an inbox: its signals have the default disposition
/// there.
///
/// System calls that a signal interrupts are restarted (SA_RESTART), except those that signal(7)
/// names, such as epoll_wait, poll and nanosleep: they end with EINTR.
///
/// In a process that is forked meanwhile, the signals do what they did before the inbox was made,
/// and the inbox gets none. Thread: any; one call at a time.
class GROVE_EXPORT SignalInbox {
public:
    /// Does add() for each signal. @throws std::system_error as add(), or if no descriptor is free
    explicit SignalInbox(std::initializer_list<int> numbers);
    ~SignalInbox();
    SignalInbox(const SignalInbox&) = delete;
    SignalInbox& operator=(const SignalInbox&) = delete;

    /// Keeps this signal too, and unblocks it in the calling thread.
    /// @throws std::system_error if it cannot be handled, or tells of a fault: SEGV, BUS, FPE, ILL
    void add(int number);
    /// A signal that has come, the lowest number first; nullopt: all were taken. Does not block.
    [[nodiscard]] std::optional<int> take() noexcept;
    /// A descriptor to poll: readable from a signal's coming until take() gives nullopt.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    /// Ends the inbox early. No effect if it is closed.
    void close() noexcept;

private:
    struct Process;

    void receive(int number) noexcept;  // in signal context

    std::atomic<std::uint64_t> numbers_ = 0;  // bit 0 is signal 1
    std::atomic<std::uint64_t> came_ = 0;
    std::atomic<SignalInbox*> next_ = nullptr;  // of the process
    FileDescriptor fd_;
    pid_t process_;  // its owner: a forked process is another
};

}  // namespace grove
