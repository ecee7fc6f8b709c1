#include "log_writer.h"

#include <exception>
#include <thread>
#include <utility>

using namespace std::chrono_literals;

namespace {

constexpr auto kGathering = 20ms;              // between two writes of a busy log
constexpr std::size_t kEnough = 65536;         // bytes that do not wait for more
constexpr std::size_t kKeptCapacity = 262144;  // of a buffer; one that grew larger is not kept
constexpr auto kLook = 100ms;    // at what else there is to do, while there is no room
constexpr int kLooksInVain = 3;  // then the reader does not read
constexpr const char* kReaderDoesNotRead = "their reader does not read";

}  // namespace

LogWriter::LogWriter(std::string path, int standard, std::shared_ptr<LogWriter> told_to,
                     Format format, grove::FileDescriptor handed, std::function<void()> look,
                     grove::http::Tally* lost)
    : told_to_{std::move(told_to)},
      format_{std::move(format)},
      losses_{lost},
      target_{std::move(path), standard, std::move(handed), std::move(look)} {}

LogWriter::~LogWriter() = default;

void LogWriter::add(std::string_view line) noexcept {
    std::optional<std::string> losses;
    try {
        const Lock lock{mutex_};
        if (gathered_.size() + line.size() < kMostGathered) {
            gathered_.append(line).append(1, '\n');
            start_thread();
            if (idle_ || gathered_.size() >= kEnough) wake();
            return;
        }
        losses_.add(1, "they come faster than they can be written");
        if (told_to_ != nullptr)  // the thread may be blocked: it is told from here
            losses = losses_.take(LogLosses::Clock::now());
    } catch (const std::exception&) {  // no memory, no thread: a log fails nobody
        return;
    }
    if (losses) tell(*losses);
}

void LogWriter::reopen(grove::FileDescriptor next) noexcept {
    if (!target_.has_path()) return;
    try {
        const Lock lock{mutex_};
        next_ = std::move(next);
        if (!reopen_at_) reopen_at_ = gathered_.size();
        start_thread();
        wake();
    } catch (const std::exception&) {
        return;  // as add()
    }
}

void LogWriter::finish(std::chrono::milliseconds patience) noexcept {
    const auto end = std::chrono::steady_clock::now() + patience;
    Lock lock{mutex_};
    finishing_ = true;
    if (!has_thread_) {  // it never had work, or none can be started
        lock.unlock();
        run();
        return;
    }
    work_.notify_one();
    for (int in_vain = 0; in_vain < kLooksInVain && std::chrono::steady_clock::now() < end;) {
        const std::size_t seen = target_.written();
        if (ended_.wait_for(lock, kLook, [this] { return !has_thread_; })) return;
        in_vain = target_.written() == seen && !on_disk_ ? in_vain + 1 : 0;
    }
    losses_.add(count_lines(gathered_), kReaderDoesNotRead);
    gathered_.clear();  // the descriptor may be somebody else's soon
    reopen_at_.reset();
    given_up_ = true;
    // Unless it is blocked it counts what it had taken, and tells.
    if (!ended_.wait_for(lock, 2 * kLook, [this] { return !has_thread_; })) tell_last(lock);
}

void LogWriter::start_thread() {
    if (has_thread_ || finishing_) return;
    std::thread{[self = shared_from_this()] { self->run(); }}.detach();
    has_thread_ = true;
}

void LogWriter::wake() noexcept {
    if (std::exchange(idle_, false) || gathered_.size() >= kEnough) work_.notify_one();
}

void LogWriter::run() noexcept {
    Lock lock{mutex_};
    for (;;) {
        wait_for_work(lock);
        if (gathered_.empty() && !reopen_at_ && finishing_) break;
        write_gathered(lock);
        tell_losses(lock);
        // The first line of many leaves at once, the others together.
        work_.wait_for(lock, kGathering,
                       [this] { return finishing_ || gathered_.size() >= kEnough; });
    }
    tell_last(lock);
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
    on_disk_ = target_.on_disk();
    const auto old_bytes = std::exchange(reopen_at_, std::nullopt);
    grove::FileDescriptor next = std::move(next_);
    lock.unlock();
    const std::string_view lines{batch_};
    if (old_bytes) {
        leaves_target_ = true;
        write_some(lines.substr(0, *old_bytes));
        next ? target_.take_over(std::move(next)) : reopen_target();
        leaves_target_ = false;
        write_some(lines.substr(*old_bytes));
    } else {
        write_some(lines);
    }
    batch_.clear();
    if (batch_.capacity() > kKeptCapacity) batch_.shrink_to_fit();
    lock.lock();
}

void LogWriter::write_some(std::string_view lines) {
    for (int in_vain = 0; !lines.empty();) {
        const LogTarget::Outcome outcome = target_.write(lines, kLook);
        writable_ = outcome.lost_lines == 0;
        if (!writable_) lose(outcome.lost_lines, why_lost(outcome.error));
        in_vain = outcome.rest.size() == lines.size() ? in_vain + 1 : 0;
        lines = outcome.rest;
        if (!lines.empty() && !goes_on(in_vain)) {
            writable_ = false;  // that lines are lost is not told to whom nobody reads
            lose(count_lines(lines), kReaderDoesNotRead);
            return;
        }
    }
}

// @return false: nobody wants to wait for room any more
bool LogWriter::goes_on(int looks_in_vain) {
    const Lock lock{mutex_};
    const bool leaves = reopen_at_ || leaves_target_;
    return has_thread_ && !given_up_ && !(leaves && looks_in_vain >= kLooksInVain);
}

void LogWriter::lose(std::size_t lines, std::string why) {
    const Lock lock{mutex_};
    losses_.add(lines, std::move(why));
}

void LogWriter::reopen_target() {
    if (const int error = target_.reopen(); error != 0)
        tell("cannot be reopened, the old file goes on: " + why_lost(error));
}

void LogWriter::tell_losses(Lock& lock) {
    if (given_up_ ? told_to_ == nullptr : !can_tell()) return;
    if (const auto losses = losses_.take(LogLosses::Clock::now())) {
        lock.unlock();
        tell(*losses);
        lock.lock();
    }
}

void LogWriter::tell_last(Lock& lock) {
    losses_.hasten();
    tell_losses(lock);
}

void LogWriter::tell(const std::string& text) {
    if (!format_) return;
    const std::string line = format_(target_.name() + ": " + text);
    if (told_to_ != nullptr) {
        told_to_->add(line);
    } else {
        write_some(line + "\n");
    }
}
