#include "child_process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace grove::http {
namespace {

constexpr int kMostMilliseconds = 1000;

/// While it lives, what the process is sent waits: over a fork, until the child can take it.
class HeldSignals {
public:
    HeldSignals() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, &before_);
    }
    ~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;

private:
    sigset_t before_{};
};

// What somebody has had the master ignore.
void ignore_no_signal() noexcept {
    for (int number = 1; number <= SIGRTMAX; ++number) {
        struct sigaction now {};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN)
            std::signal(number, SIG_DFL);
    }
}

void let_signals_come() noexcept {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_child(pid_t master, FileDescriptor channel,
                               const ChildProcess::InChild& in_child) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != master) std::_Exit(EXIT_FAILURE);  // it died before that call
    ignore_no_signal();
    // To the very end: exit() leaves it as it is.
    SignalInbox signals{SIGTERM, SIGUSR1, SIGUSR2, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ};
    let_signals_come();
    std::exit(in_child(std::move(channel), signals));
}

}  // namespace

ChildProcess::ChildProcess(const InChild& in_child) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    channel_ = FileDescriptor{ends[0]};
    FileDescriptor theirs{ends[1]};
    const pid_t master = ::getpid();
    const HeldSignals held;
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ == 0) {
        channel_.reset();
        become_child(master, std::move(theirs), in_child);
    }
}

ChildProcess::~ChildProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    // One that waits for a disk or a file server ends when that answers.
    const FileDescriptor watch{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
    pollfd watched{.fd = watch.get(), .events = POLLIN, .revents = 0};
    while (watch && ::poll(&watched, 1, kMostMilliseconds) < 0 && errno == EINTR) {
    }
    while (::waitpid(pid_, nullptr, watch ? WNOHANG : 0) < 0 && errno == EINTR) {
    }
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        std::string text = "was ended by signal " + std::to_string(number);
        return text.append(" (").append(::strsignal(number)).append(")");
    }
    return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

void ChildProcess::signal(int number) noexcept {
    if (pid_ > 0) ::kill(pid_, number);
}

}  // namespace grove::http
