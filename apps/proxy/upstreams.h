// upstreams.h - which upstream a request goes to: in turn, past those that have failed of late.
//
// Knows them by their numbers, from 0. Time is given. Never switches.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

class Upstreams {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr int kFailures = 3;                  ///< In a row: it is off then.
    static constexpr std::chrono::seconds kTimeOff{10};  ///< After that it is asked again.

    /// @param count  at least 1
    explicit Upstreams(std::size_t count) : all_(count) {}

    /// The next in turn that is not off; if all are off, the one that has been so for the longest.
    /// @param tried  are not chosen. @return nullopt: all were tried
    std::optional<std::size_t> choose(std::span<const std::size_t> tried, Clock::time_point now);

    /// @return it is off from now on, and was not before. One whose time is over is so after one more failure.
    bool failed(std::size_t which, Clock::time_point now);
    void answered(std::size_t which) noexcept { all_[which] = {}; }

private:
    struct Health {
        int failures = 0;  // in a row
        Clock::time_point off_until{};
    };

    std::vector<Health> all_;
    std::size_t next_ = 0;
};
