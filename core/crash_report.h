// crash_report.h - last words that name the greenlet: std::terminate() and stack overflow.
#pragma once

#include <cstddef>

namespace grove {

/// Once a process: a terminate handler and a SIGSEGV handler, which both go on to the former ones.
void install_crash_reports() noexcept;

/// The stack a thread's SIGSEGV handler runs on, as the greenlet's is used up. Does nothing where
/// the thread has one already.
class SignalStack {
public:
    SignalStack() noexcept;
    ~SignalStack();
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

private:
    void* memory_ = nullptr;
};

}  // namespace grove
