#include "worker_process.h"

#include <cerrno>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace grove::http {

WorkerProcess::WorkerProcess(std::size_t index, Scoreboard::Place place,
                             const WorkerClock::Limits& limits,
                             const ChildProcess::InChild& in_child)
    : index_{index},
      place_{std::move(place)},
      record_{std::make_shared<WorkerRecord>(limits)},
      process_{in_child} {}

void WorkerProcess::tell(Worker::Command command) noexcept {
    const char byte = static_cast<char>(command);
    ::send(control(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void WorkerProcess::listen() {
    std::vector<char> message(kMostRefusedBytes + 1);
    for (;;) {
        const ssize_t got = ::recv(control(), message.data(), message.size(), MSG_DONTWAIT);
        // ECONNRESET, once: it has not read all that it was told. What it has said comes then.
        if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
        if (got == 0) process_.close_channel();  // it has closed its end; waitpid() tells the rest
        if (got <= 0) return;
        if (message[0] == kNudgeMessage) continue;
        if (message[0] == kReadyMessage) {
            ready_ = true;
            if (until_ready_) end_by(std::nullopt);
            record_->clock.restart(Clock::now());
        } else {
            refusal_.assign(message.data() + 1, static_cast<std::size_t>(got) - 1);
        }
    }
}

}  // namespace grove::http
