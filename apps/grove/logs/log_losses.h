// log_losses.h - how many lines of a log were lost, told at most once a minute, and at the end.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include <grove/http/metrics.h>

/// Thread: guarded by its owner.
class LogLosses {
public:
    using Clock = std::chrono::steady_clock;

    /// @param all  counts them too, for a metric; nullptr: nobody asks. Must outlive it.
    explicit LogLosses(grove::http::Tally* all = nullptr) noexcept : all_{all} {}

    void add(std::size_t lines, std::string why);

    /// "3 lines lost: No space left on device", if something was lost and a minute has passed since
    /// the last time; it counts anew then.
    [[nodiscard]] std::optional<std::string> take(Clock::time_point now);
    /// It is the end: take() waits for no minute this time.
    void hasten() noexcept { not_before_ = Clock::time_point::min(); }
    /// When take() will have something to tell; nullopt: nothing is lost.
    [[nodiscard]] std::optional<Clock::time_point> due() const;

private:
    grove::http::Tally* all_;
    std::size_t lines_ = 0;
    std::string why_;  // the last cause
    Clock::time_point not_before_ = Clock::time_point::min();
};
