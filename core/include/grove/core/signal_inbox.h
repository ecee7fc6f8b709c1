// signal_inbox.h - signals of the process, kept until somebody asks for them.
//
// For what has no hub, or none yet. In a hub a SignalHandler runs a function at each delivery.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include <sys/types.h>

#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove {

/// From construction on it keeps which of its signals have come, each once, as signals are. Several
/// inboxes may have the same signal, in any threads: each of them gets it. It comes by sigaction(2),
/// whichever thread the kernel interrupts; nothing is blocked anywhere, and with the last inbox of
/// a signal its former disposition is restored.
///
/// An inbox that nobody asks keeps its signals from doing anything, as SIG_IGN does. But programs
/// that the process executes inherit SIG_IGN; of an inbox's signals they have the default.
///
/// Calls that a signal interrupts are restarted (SA_RESTART). epoll_wait, poll, nanosleep and others
/// that signal(7) names never are: there they end with EINTR.
///
/// In a process that is forked meanwhile its signals do what they did before, and it gets none.
/// Thread: any; one call at a time.
class GROVE_EXPORT SignalInbox {
public:
    /// As add() for each of them. @throws std::system_error also if there is no further descriptor
    explicit SignalInbox(std::initializer_list<int> numbers);
    ~SignalInbox();
    SignalInbox(const SignalInbox&) = delete;
    SignalInbox& operator=(const SignalInbox&) = delete;

    /// Keeps this one, too. It is unblocked for the calling thread.
    /// @throws std::system_error it cannot be handled, or says of a fault: SEGV, BUS, FPE, ILL
    void add(int number);
    /// One that has come, the lowest number first; nullopt: all were taken. Does not block.
    [[nodiscard]] std::optional<int> take() noexcept;
    /// To be polled: readable from a signal's coming until take() says nullopt.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    /// Ends it early. No effect if it is closed.
    void close() noexcept;

private:
    struct Process;

    void receive(int number) noexcept;  // in signal context

    std::atomic<std::uint64_t> numbers_ = 0;  // bit 0 is signal 1
    std::atomic<std::uint64_t> came_ = 0;
    std::atomic<SignalInbox*> next_ = nullptr;  // of the process
    FileDescriptor fd_;
    pid_t process_;  // whose it is: a forked one is another
};

}  // namespace grove
