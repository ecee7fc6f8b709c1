// worker_clock.h - how long a worker has kept its thread from its loop, as its master counts.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include <grove/core/detail/heartbeat.h>
#include <grove/core/duration.h>

namespace grove::http {

class WorkerClock {
public:
    using Clock = std::chrono::steady_clock;

    struct Limits {
        Duration blocking = std::chrono::milliseconds{500};  ///< From then on it does not answer.
        bool reports = false;                                ///< And a line says so.
        Timespan unresponsive{};                             ///< From then on it is to be ended.
    };

    explicit WorkerClock(const Limits& limits) noexcept : limits_{limits} {}

    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    [[nodiscard]] Duration first_limit() const noexcept {
        return std::min(limits_.blocking, limits_.unresponsive.value_or(limits_.blocking));
    }

    /// What was before does not count: it loaded, or it stood still.
    void restart(Clock::time_point now) noexcept { from_ = counted_ = now; }
    /// The last of it does not count.
    void leave_out(Duration last, const Heartbeat& heartbeat, Clock::time_point now) noexcept {
        if (const auto since = busy_since(heartbeat)) from_ = std::min(*since + last, now);
        counted_ = std::min(counted_ + last, now);
    }
    /// nullopt: its loop polls.
    [[nodiscard]] std::optional<Clock::time_point> busy_since(
        const Heartbeat& heartbeat) const noexcept {
        const auto since = heartbeat.busy_since();
        return since ? std::optional{std::max(Clock::time_point{*since}, from_)} : std::nullopt;
    }
    /// @return the part of the time from `since` to now that was not counted before
    Duration count(Clock::time_point since, Clock::time_point now) noexcept {
        const Clock::time_point from = std::max(since, counted_);
        counted_ = now;
        return now - from;
    }

private:
    Limits limits_;
    Clock::time_point from_{};
    Clock::time_point counted_{};
};

}  // namespace grove::http
