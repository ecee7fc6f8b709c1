// stuck_watch.h - looks whether a worker's Python has come to a stand, and has the worker replaced then.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "hub_timer.h"
#include "interpreter.h"
#include "python_threads.h"

namespace grove::wsgi {

/// Python stands if all threads are held by requests for which nobody waits, or if one of them does not let go of the GIL.
/// In the hub's thread.
class StuckWatch {
public:
    /// @param after  so long it must stand
    StuckWatch(Interpreter& interpreter, PythonThreads& threads, std::chrono::milliseconds after)
        : interpreter_{interpreter}, threads_{threads}, after_{after} {}
    StuckWatch(const StuckWatch&) = delete;
    StuckWatch& operator=(const StuckWatch&) = delete;

    /// A greenlet has left a job, which abandon() has called so.
    void left(Job::Abandoned how);

private:
    void look_for_held();
    void look_for_gil();
    void replace(const char* why);

    Interpreter& interpreter_;
    PythonThreads& threads_;
    const std::chrono::milliseconds after_;
    HubTimer held_{[this] { look_for_held(); }};
    std::chrono::steady_clock::time_point held_since_{};  // all threads
    HubTimer gil_{[this] { look_for_gil(); }};
    std::shared_ptr<std::atomic<bool>> answers_;  // Python has had the GIL since gil_ was armed
};

}  // namespace grove::wsgi
