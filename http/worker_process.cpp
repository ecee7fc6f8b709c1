#include "worker_process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace grove::http {
namespace {

// A worker is its master's: it ends with it, and what a terminal sends to both is the master's business.
void become_worker(pid_t master) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != master) std::_Exit(EXIT_FAILURE);  // it died before that call
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGQUIT, SIG_IGN);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

WorkerProcess::WorkerProcess(std::size_t index, Scoreboard::Place place,
                             const std::function<int(FileDescriptor control)>& in_child)
    : index_{index}, place_{std::move(place)} {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    control_ = FileDescriptor{ends[0]};
    FileDescriptor theirs{ends[1]};
    const pid_t master = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ == 0) {
        control_.reset();
        become_worker(master);
        std::exit(in_child(std::move(theirs)));
    }
}

WorkerProcess::~WorkerProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void WorkerProcess::tell(Worker::Command command) noexcept {
    const char byte = static_cast<char>(command);
    ::send(control_.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void WorkerProcess::signal(int number) noexcept {
    if (pid_ > 0) ::kill(pid_, number);
}

void WorkerProcess::listen() {
    std::vector<char> message(kMostRefusedBytes + 1);
    for (;;) {
        const ssize_t got = ::recv(control_.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) control_.reset();  // it has closed its end; waitpid() tells the rest
        if (got <= 0) return;
        if (message[0] == kReadyMessage) {
            ready_ = true;
        } else {
            refusal_.assign(message.data() + 1, static_cast<std::size_t>(got) - 1);
        }
    }
}

}  // namespace grove::http
