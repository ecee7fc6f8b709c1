// former_action.h - what a signal did before somebody else took it.
#pragma once

#include <csignal>

namespace grove::http {

/// Calls the handler that was there. In signal context. @return false: there was none
inline bool call_handler(const struct sigaction& former, int number, siginfo_t* info,
                         void* machine) {
    if (former.sa_handler == SIG_DFL || former.sa_handler == SIG_IGN) return false;
    if ((former.sa_flags & SA_SIGINFO) != 0) {
        former.sa_sigaction(number, info, machine);
    } else {
        former.sa_handler(number);
    }
    return true;
}

}  // namespace grove::http
