// signal.h - a signal of the process, handled by a greenlet (gevent.signal_handler).
#pragma once

#include <functional>
#include <memory>

#include <grove/core/detail/export.h>

namespace grove {

/// From construction to destruction, each delivery of `signal_number` runs `function` in a greenlet
/// of its own, in the hub of the thread that made the handler. Deliveries that come while an
/// earlier one waits to be seen count as one, as signals do. Several handlers of one signal, in any
/// threads, each run their function. While a handler lives, its hub waits rather than throw
/// LoopExit.
///
/// The signal may interrupt any thread of the process; no thread has to block it. SignalInbox says
/// how signals come, what they do to system calls, and what happens to them in forked processes.
class GROVE_EXPORT SignalHandler {
public:
    /// @throws std::system_error as SignalInbox: not a signal, or a signal that cannot be handled
    SignalHandler(int signal_number, std::function<void()> function);
    ~SignalHandler();
    SignalHandler(const SignalHandler&) = delete;
    SignalHandler& operator=(const SignalHandler&) = delete;

private:
    class Watch;
    std::unique_ptr<Watch> watch_;
};

}  // namespace grove
