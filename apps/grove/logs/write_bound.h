// write_bound.h - ends a write that waits after all.
#pragma once

#include <csignal>

/// While it lives a system call that blocks is interrupted (EINTR) after 20 ms, and each one after it.
///
/// What poll says of a descriptor that was handed down is no promise: another process may fill the pipe first,
/// and a terminal has room for less than a line. It cannot be made non-blocking, as others share its flags.
///
/// Thread: the only one of its process. SIGALRM and ITIMER_REAL are its own meanwhile.
class WriteBound {
public:
    WriteBound() noexcept;
    ~WriteBound();
    WriteBound(const WriteBound&) = delete;
    WriteBound& operator=(const WriteBound&) = delete;

private:
    struct sigaction action_before_ {};
    sigset_t mask_before_{};
};
