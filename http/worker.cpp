#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <grove/core/fd_wait.h>
#include <grove/http/supervisor.h>

#include "worker_process.h"

namespace grove::http {
namespace {

// Of a signal to the worker itself. The others do nothing: what a terminal sends to all is the master's business.
std::optional<Worker::Command> command_of(int signal_number) {
    switch (signal_number) {
        case SIGTERM:
            return Worker::Command::kStop;
        case SIGUSR1:
            return Worker::Command::kReopen;
        case SIGUSR2:
            return Worker::Command::kDump;
        default:
            return std::nullopt;
    }
}

// Readable when one of them is.
FileDescriptor watch_both(int one, int other) {
    FileDescriptor both{::epoll_create1(EPOLL_CLOEXEC)};
    for (const int fd : {one, other}) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (::epoll_ctl(both.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
    }
    return both;
}

}  // namespace

Worker::Worker(FileDescriptor control, SignalInbox& signals, std::size_t index, std::size_t count,
               std::vector<std::vector<int>> listeners, const Scoreboard& board,
               ServerMetrics& metrics)
    : control_{std::move(control)},
      signals_{signals},
      either_{watch_both(control_.get(), signals.fd())},
      index_{index},
      count_{count},
      listeners_{std::move(listeners)},
      board_{board},
      metrics_{metrics} {}

Worker::~Worker() = default;

void Worker::ready() { ::send(control_.get(), &kReadyMessage, 1, MSG_NOSIGNAL); }

void Worker::refuse(std::string_view lines) {
    std::string message{kRefusedMessage};
    message += lines.substr(0, kMostRefusedBytes);
    ::send(control_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

Worker::Command Worker::next_command() {
    for (;;) {
        char command = 0;
        const ssize_t got = ::recv(control_.get(), &command, 1, MSG_DONTWAIT);
        if (got == 1) return static_cast<Command>(command);
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) return Command::kQuit;
        while (const auto number = signals_.take()) {
            if (const auto own = command_of(*number)) return *own;
        }
        wait_readable(either_.get());
    }
}

}  // namespace grove::http
