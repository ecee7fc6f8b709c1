#include "master_lines.h"

#include <chrono>
#include <exception>
#include <utility>

#include "error_line.h"
#include "write_bound.h"

using Clock = LogLosses::Clock;

MasterLines::MasterLines(std::string path, int standard) : target_{std::move(path), standard} {}

void MasterLines::add(std::string_view lines) noexcept {
    try {
        append(lines);
    } catch (const std::exception&) {  // no memory: a log fails nobody
        return;
    }
    write();
}

void MasterLines::append(std::string_view lines) {
    if (!waiting_.empty() && waiting_.size() + lines.size() >= kMostWaiting) {
        losses_.add(count_lines(lines) + 1, "they come faster than they can be written");
        return;
    }
    waiting_.append(lines).append(1, '\n');
}

void MasterLines::write() noexcept {
    try {
        write_waiting();
        if (due() > Clock::now()) return;
        append(about_it(losses_.take(Clock::now()).value()));
        write_waiting();
    } catch (const std::exception&) {
        return;  // as add()
    }
}

void MasterLines::finish() noexcept {
    losses_.hasten();
    write();
}

void MasterLines::write_waiting() {
    if (waiting_.empty()) return;
    const LogTarget::Outcome outcome = [this] {
        const WriteBound bound;
        return target_.write(waiting_);
    }();
    writable_ = outcome.lost_lines == 0;
    if (!writable_) losses_.add(outcome.lost_lines, why_lost(outcome.error));
    waiting_.erase(0, waiting_.size() - outcome.rest.size());
}

void MasterLines::reopen() noexcept {
    if (!target_.has_path()) return;
    try {
        if (!waiting_.empty()) {  // perhaps the rest of a line
            losses_.add(count_lines(waiting_), "their reader does not read");
            waiting_.clear();
        }
        if (const int error = target_.reopen(); error != 0)
            append(about_it("cannot be reopened, the old file goes on: " + why_lost(error)));
    } catch (const std::exception&) {
        return;  // as add()
    }
    write();
}

void MasterLines::close() noexcept {
    waiting_.clear();
    target_.close();
}

Clock::time_point MasterLines::due() const {
    const bool could = writable_ && waiting_.empty();
    return could ? losses_.due().value_or(Clock::time_point::max()) : Clock::time_point::max();
}

std::optional<std::string> MasterLines::take_losses() {
    if (writable_) return std::nullopt;
    auto losses = losses_.take(Clock::now());
    if (losses) losses = about_it(*losses);
    return losses;
}

std::string MasterLines::about_it(const std::string& text) const {
    return error_line(grove::http::LogLevel::kError, target_.name() + ": " + text,
                      std::chrono::system_clock::now());
}
