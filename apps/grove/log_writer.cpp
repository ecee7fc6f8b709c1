#include "log_writer.h"

#include <exception>
#include <system_error>
#include <thread>
#include <utility>

using namespace std::chrono_literals;

namespace {

constexpr auto kGathering = 20ms;              // between two writes of a busy log
constexpr std::size_t kEnough = 65536;         // bytes that do not wait for more
constexpr std::size_t kKeptCapacity = 262144;  // of a buffer; one that grew larger is not kept

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

LogWriter::LogWriter(std::string path, int standard, std::shared_ptr<LogWriter> told_to,
                     Format format)
    : told_to_{std::move(told_to)},
      format_{std::move(format)},
      target_{std::move(path), standard} {}

LogWriter::~LogWriter() = default;

void LogWriter::add(std::string_view line) noexcept {
    std::optional<std::string> losses;
    try {
        const Lock lock{mutex_};
        if (gathered_.size() + line.size() < kMostGathered) {
            gathered_.append(line).append(1, '\n');
            start_thread();
            if (idle_ || gathered_.size() >= kEnough) {
                wake();
            }
            return;
        }
        losses_.add(1, "they come faster than they can be written");
        if (told_to_ != nullptr) {  // the thread may be blocked: it is told from here
            losses = losses_.take(LogLosses::Clock::now());
        }
    } catch (const std::exception&) {  // no memory, no thread: a log fails nobody
        return;
    }
    if (losses) {
        tell(*losses);
    }
}

void LogWriter::reopen() noexcept {
    try {
        const Lock lock{mutex_};
        if (!reopen_at_) {
            reopen_at_ = gathered_.size();
        }
        start_thread();
        wake();
    } catch (const std::exception&) {
        return;  // as add()
    }
}

void LogWriter::finish(std::chrono::milliseconds patience) noexcept {
    Lock lock{mutex_};
    finishing_ = true;
    work_.notify_one();
    if (!ended_.wait_for(lock, patience, [this] { return !has_thread_; })) {
        gathered_.clear();  // the descriptor may be somebody else's soon
        reopen_at_.reset();
    }
}

void LogWriter::start_thread() {
    if (has_thread_ || finishing_) {
        return;
    }
    std::thread{[self = shared_from_this()] { self->run(); }}.detach();
    has_thread_ = true;
}

void LogWriter::wake() noexcept {
    if (std::exchange(idle_, false) || gathered_.size() >= kEnough) {
        work_.notify_one();
    }
}

void LogWriter::run() noexcept {
    Lock lock{mutex_};
    for (;;) {
        wait_for_work(lock);
        if (gathered_.empty() && !reopen_at_ && finishing_) {
            break;
        }
        write_gathered(lock);
        tell_losses(lock);
        // The first line of many leaves at once, the others together.
        work_.wait_for(lock, kGathering,
                       [this] { return finishing_ || gathered_.size() >= kEnough; });
    }
    has_thread_ = false;
    ended_.notify_all();
}

void LogWriter::wait_for_work(Lock& lock) {
    const auto has_work = [this] { return finishing_ || reopen_at_ || !gathered_.empty(); };
    idle_ = true;
    if (const auto due = can_tell() ? losses_.due() : std::nullopt) {
        work_.wait_until(lock, *due, has_work);
    } else {
        work_.wait(lock, has_work);
    }
    idle_ = false;
}

void LogWriter::write_gathered(Lock& lock) {
    batch_.swap(gathered_);
    const auto old_bytes = std::exchange(reopen_at_, std::nullopt);
    lock.unlock();
    const std::string_view lines{batch_};
    if (old_bytes) {
        write_some(lines.substr(0, *old_bytes));
        reopen_target();
        write_some(lines.substr(*old_bytes));
    } else {
        write_some(lines);
    }
    batch_.clear();
    if (batch_.capacity() > kKeptCapacity) {
        batch_.shrink_to_fit();
    }
    lock.lock();
}

void LogWriter::write_some(std::string_view lines) {
    if (lines.empty()) {
        return;
    }
    const LogTarget::Outcome outcome = target_.write(lines);
    writable_ = outcome.lost_lines == 0;
    if (!writable_) {
        const Lock lock{mutex_};
        losses_.add(outcome.lost_lines, reason(outcome.error));
    }
}

void LogWriter::reopen_target() {
    if (const int error = target_.reopen(); error != 0) {
        tell("cannot be reopened, the old file goes on: " + reason(error));
    }
}

void LogWriter::tell_losses(Lock& lock) {
    if (!can_tell()) {
        return;
    }
    if (const auto losses = losses_.take(LogLosses::Clock::now())) {
        lock.unlock();
        tell(*losses);
        lock.lock();
    }
}

void LogWriter::tell(const std::string& text) {
    if (!format_) {
        return;
    }
    const std::string line = format_(target_.name() + ": " + text);
    if (told_to_ != nullptr) {
        told_to_->add(line);
    } else {
        write_some(line + "\n");
    }
}
