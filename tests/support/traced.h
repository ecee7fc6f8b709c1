// traced.h - a process with a debugger, for tests: the thread that makes the object.
#pragma once

#include <cerrno>
#include <system_error>

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

namespace grove {

/// It runs on. If it dies, it is its debugger's first: whoever has made it hears nothing of its end before let_go().
class Traced {
public:
    /// @throws std::system_error  such as EPERM, where nobody may be traced
    explicit Traced(pid_t pid) : pid_{pid} {
        if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0)
            throw std::system_error{errno, std::generic_category(), "ptrace"};
    }
    ~Traced() { let_go(); }
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;

    void let_go() noexcept {
        if (pid_ < 0) return;
        ::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr);
        int status = 0;
        if (::waitpid(pid_, &status, __WALL) == pid_ && WIFSTOPPED(status)) {
            const long signal = status >> 16 == 0 ? WSTOPSIG(status) : 0;  // it was to get it
            ::ptrace(PTRACE_DETACH, pid_, nullptr, signal);
        }
        pid_ = -1;
    }

private:
    pid_t pid_;
};

}  // namespace grove
