// signal.h - a signal of the process, handled by a greenlet (gevent.signal_handler).
#pragma once

#include <functional>
#include <memory>

#include <grove/core/export.h>

namespace grove {

/// From construction to destruction each delivery of `signal_number` runs `function` in a greenlet
/// of its own. Deliveries that come while one waits to be read are one, as signals are. The signal
/// is blocked for the thread and read through a signalfd: nothing runs in signal context. While it
/// lives the hub waits rather than throw LoopExit. For the main thread, before others start: they
/// inherit the mask.
class GROVE_EXPORT SignalHandler {
public:
    /// @throws std::system_error if the signal cannot be handled
    SignalHandler(int signal_number, std::function<void()> function);
    ~SignalHandler();
    SignalHandler(const SignalHandler&) = delete;
    SignalHandler& operator=(const SignalHandler&) = delete;

private:
    class Watch;
    std::unique_ptr<Watch> watch_;
};

}  // namespace grove
