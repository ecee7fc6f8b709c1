#include <cerrno>
#include <string>
#include <utility>

#include <sys/socket.h>

#include <grove/core/fd_wait.h>
#include <grove/http/supervisor.h>

#include "worker_process.h"

namespace grove::http {

Worker::Worker(FileDescriptor control, std::size_t index, std::size_t count,
               std::vector<std::vector<int>> listeners, const Scoreboard& board,
               ServerMetrics& metrics)
    : control_{std::move(control)},
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
        wait_readable(control_.get());
    }
}

}  // namespace grove::http
