// threads.h - threads of the program, each with a hub of its own.
#pragma once

#include <functional>
#include <memory>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

namespace grove {

/// Runs a function in several threads, as the main greenlet of each: it may block, spawn and serve,
/// and it does not get LoopExit. When the function has ended, the greenlets that it leaves are
/// killed, as at the end of any thread.
///
/// GreenletExit is an end like a return; any other exception of the function is told to the error
/// handler of its thread's hub. Neither ends the other threads.
///
/// Thread: that of the hub in which it was made; it must be destroyed there before that thread
/// ends. Calls from another thread, including one of its own threads, throw std::logic_error.
class GROVE_EXPORT Threads {
public:
    /// Starts the threads. Blocks the whole thread, not only the greenlet, until all new threads
    /// have a hub: for less than a millisecond each.
    /// @param function  called with 0 to count - 1; each thread has a copy
    /// @throws std::invalid_argument if `count` is less than 1 or `function` is empty;
    /// std::system_error if a thread or its hub cannot be made: then no function was called
    Threads(int count, std::function<void(int)> function);
    /// Does stop() and join(), without a bound and under a Shield, if a thread still runs: it may
    /// switch then, and must not be called in the hub (asserted).
    ~Threads();
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    /// Kills the main greenlet of each thread by GreenletExit, and blocks until all threads have
    /// ended, at most `timeout`: it returns silently when `timeout` passes. A main greenlet that
    /// does not block is killed at its next blocking call. May be called again, for threads that
    /// went on.
    /// @throws whatever interrupts the wait; the kills are on their way then
    void stop(Timespan timeout = {});
    /// Blocks until all threads have ended, at most `timeout`.
    /// @return false: `timeout` passed first. @throws whatever interrupts the wait
    bool join(Timespan timeout = {});

private:
    class Crew;
    std::unique_ptr<Crew> crew_;
};

}  // namespace grove
