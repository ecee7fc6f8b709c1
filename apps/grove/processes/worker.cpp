#include "worker.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <grove/core/fd_wait.h>

#include "sent_files.h"
#include "worker_messages.h"
#include "worker_notes.h"

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
               ServerMetrics& metrics, WorkerNotes& notes)
    : control_{std::move(control)},
      signals_{signals},
      either_{watch_both(control_.get(), signals.fd())},
      index_{index},
      count_{count},
      listeners_{std::move(listeners)},
      board_{board},
      metrics_{metrics},
      notes_{notes} {
    notes_.pid = ::getpid();
}

Worker::~Worker() = default;

void Worker::loads(std::string_view what) noexcept {
    auto& text = notes_.loading;
    text[what.copy(text.data(), text.size() - 1)] = '\0';
}

void Worker::ready() {
    notes_.state = WorkerNotes::State::kReady;
    ::send(control_.get(), &kReadyMessage, 1, MSG_NOSIGNAL);
}

void Worker::set_draining() noexcept {
    notes_.state = WorkerNotes::State::kDraining;
    nudge();
}

void Worker::nudge() const noexcept {
    const int before = errno;
    ::send(control_.get(), &kNudgeMessage, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    errno = before;
}

void Worker::ask_for_files() const noexcept {
    ::send(control_.get(), &kAskMessage, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::function<void()> Worker::reader_request() const {
    const auto channel =
        std::make_shared<FileDescriptor>(::fcntl(control_.get(), F_DUPFD_CLOEXEC, 0));
    if (!*channel) throw std::system_error{errno, std::generic_category(), "fcntl(F_DUPFD)"};
    return [channel] { ::send(channel->get(), &kLookMessage, 1, MSG_NOSIGNAL | MSG_DONTWAIT); };
}

void Worker::ask_for_another(std::string_view reason) {
    if (notes_.state == WorkerNotes::State::kLoading) {
        throw std::logic_error{
            "replace_worker: this worker is still loading, and the next worker would ask, too"};
    }
    if (asked_for_another_.exchange(true)) return;
    std::array<char, 1 + kMostReasonBytes> message{kReplaceMessage};
    const std::size_t length = 1 + reason.copy(message.data() + 1, kMostReasonBytes);
    const ssize_t sent =
        ::send(control_.get(), message.data(), length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) asked_for_another_ = false;  // the channel is full: a later call may find room
}

void Worker::refuse(std::string_view lines) {
    std::string message{kRefusedMessage};
    message += lines.substr(0, kMostRefusedBytes);
    ::send(control_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

Worker::Command Worker::obeyed(Command command) noexcept {
    switch (command) {
        case Command::kDump:
        case Command::kReopen:
        case Command::kFiles:
        case Command::kShow:
            return command;
        default:
            set_draining();
            return command;
    }
}

Worker::Command Worker::next_command() {
    for (;;) {
        std::string command(1, '\0');
        std::vector<FileDescriptor> files;
        bool cut = false;
        const ssize_t got = receive_with_files(control_.get(), command, files, cut);
        if (got == 1) {
            if (!files.empty()) files_ = std::move(files);
            return obeyed(static_cast<Command>(command[0]));
        }
        if (got == 0 || errno != EAGAIN) return obeyed(Command::kQuit);
        while (const auto number = signals_.take()) {
            if (const auto own = command_of(*number)) return obeyed(*own);
        }
        wait_readable(either_.get());
    }
}

}  // namespace grove::http
