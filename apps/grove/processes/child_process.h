// child_process.h - a process that the master forks, with a channel of short messages to it.
#pragma once

#include <functional>
#include <string>

#include <sys/types.h>

#include <grove/core/file_descriptor.h>
#include <grove/core/signal_inbox.h>

namespace grove::http {

/// It ends with its master. No signal is blocked or ignored there, so that what it executes has the default
/// ones. Those of operators and terminals are in its inbox, from the first moment on: if nobody asks for them
/// they do nothing. Thread: the master's, which is the only one of its process.
class ChildProcess {
public:
    using InChild = std::function<int(FileDescriptor channel, SignalInbox& signals)>;

    /// Forks. `in_child` runs in the new process with its end of the channel, a SOCK_SEQPACKET socket;
    /// what it returns is the process's exit code. What it throws ends the process by SIGABRT.
    /// @throws std::system_error if there can be no further process
    explicit ChildProcess(const InChild& in_child);
    /// Kills it if it has not ended, and waits for its end: a second, as the kernel may keep it.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }              ///< -1: it has ended.
    [[nodiscard]] int channel() const noexcept { return channel_.get(); }  ///< -1: it is closed.
    void close_channel() noexcept { channel_.reset(); }
    void signal(int number) noexcept;
    /// waitpid() has told of its end.
    void gone() noexcept { pid_ = -1; }

private:
    FileDescriptor channel_;
    pid_t pid_ = -1;
};

/// "was ended by signal 9 (Killed)". @param status  as waitpid() has it
std::string how_it_ended(int status);

}  // namespace grove::http
