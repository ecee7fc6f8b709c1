// signal.h - a signal of the process, handled by a greenlet (gevent.signal_handler).
#pragma once

#include <functional>
#include <memory>

#include <grove/core/detail/export.h>

namespace grove {

/// From construction to destruction each delivery of `signal_number` runs `function` in a greenlet
/// of its own, in the hub of the thread that made it. Deliveries that come while one waits to be
/// seen are one, as signals are. Several for one signal, in whatever threads, run each its own
/// function. While it lives the hub waits rather than throw LoopExit.
///
/// The signal may interrupt any thread of the process: none has to block it. SignalInbox says how
/// it comes, what it does to system calls and what becomes of it in processes that are forked.
class GROVE_EXPORT SignalHandler {
public:
    /// @throws std::system_error as SignalInbox: no signal, or one that cannot be handled
    SignalHandler(int signal_number, std::function<void()> function);
    ~SignalHandler();
    SignalHandler(const SignalHandler&) = delete;
    SignalHandler& operator=(const SignalHandler&) = delete;

private:
    class Watch;
    std::unique_ptr<Watch> watch_;
};

}  // namespace grove
