#include "worker_process.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "log_text.h"
#include "sent_files.h"
#include "worker_messages.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

// At once: more than a channel holds, so that all a dead one has said is heard. One that speaks without pause, as a
// plugin may, must not keep its master.
constexpr int kMostHeard = 1000;

}  // namespace

WorkerProcess::WorkerProcess(std::size_t index, Scoreboard::Place place,
                             const WorkerClock::Limits& limits, std::shared_ptr<WorkerFiles> files,
                             const ChildProcess::InChild& in_child)
    : index_{index},
      place_{std::move(place)},
      record_{std::make_shared<WorkerRecord>(limits)},
      files_{std::move(files)},
      changes_told_{files_ != nullptr ? files_->changes() : 0},
      process_{in_child} {}

void WorkerProcess::tell(Worker::Command command) noexcept {
    const char byte = static_cast<char>(command);
    ::send(control(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void WorkerProcess::send_own_files(bool anew) noexcept {
    if (files_ == nullptr) return;
    try {
        anew ? files_->reopen() : files_->look_for_readers();
        if (changes_told_ == files_->changes()) return;  // files that come anew cost waiting lines
        const std::vector<int> files = files_->descriptors();
        if (send_files(control(), static_cast<char>(Worker::Command::kFiles), files.data(),
                       files.size(), MSG_DONTWAIT))
            changes_told_ = files_->changes();
    } catch (const std::exception&) {  // no memory: it goes on with those it has
        return;
    }
}

void WorkerProcess::signal_when_ready(int number) {
    if (ready_) {
        signal(number);
    } else {
        kept_signals_.insert(number);
    }
}

std::string WorkerProcess::loading() const {
    const auto& text = notes().loading;
    const std::string what = escaped({text.data(), ::strnlen(text.data(), text.size())});
    return what.empty() || ready_ ? "" : ": " + what + " is being loaded";
}

void WorkerProcess::listen() {
    hear_all();
    const bool looks = std::exchange(looks_, false);
    const bool asks = std::exchange(asks_, false);
    if (asks || looks) send_own_files(asks);  // once, however often it has asked
}

void WorkerProcess::hear_all() {
    std::vector<char> message(kMostRefusedBytes + 1);
    for (int heard = 0; heard < kMostHeard; ++heard) {
        const ssize_t got = ::recv(control(), message.data(), message.size(), MSG_DONTWAIT);
        // ECONNRESET, once: it has not read all that it was told. What it has said comes then.
        if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
        if (got == 0) process_.close_channel();  // it has closed its end; waitpid() tells the rest
        if (got <= 0) return;
        if (message[0] == kNudgeMessage) continue;
        if (message[0] == kAskMessage) {
            asks_ = true;
            continue;
        }
        if (message[0] == kLookMessage) {
            looks_ = true;
            continue;
        }
        const std::string_view more{message.data() + 1, static_cast<std::size_t>(got) - 1};
        if (message[0] == kReplaceMessage) {
            asks_for_another_ = more;
            continue;
        }
        if (message[0] == kReadyMessage) {
            ready_ = true;
            if (until_ready_) end_by(std::nullopt);
            record_->clock.restart(Clock::now());
            for (const int number : std::exchange(kept_signals_, {})) signal(number);
        } else {
            refusal_ = more;
        }
    }
}

}  // namespace grove::http
