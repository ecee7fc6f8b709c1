// worker_record.h - what a master remembers of a worker between two looks at it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>

#include "longest_requests.h"
#include "worker_clock.h"

namespace grove::http {

struct WorkerRecord {
    using Clock = WorkerClock::Clock;

    /// A sample that was asked for, and has neither been answered nor given up.
    struct Sample {
        std::uint32_t number = 0;
        Clock::time_point due{};
        Duration kept{};    ///< When it was asked for.
        bool last = false;  ///< The worker is to be ended after it.
    };

    explicit WorkerRecord(const WorkerClock::Limits& limits) noexcept : clock{limits} {}

    WorkerClock clock;
    bool answers = false;      ///< As of the last look: it is ready, and not over a limit.
    bool stood = false;        ///< Then, too: it was stopped, or traced.
    Timer::Instant sampled{};  ///< The turn that a sample was asked of: one is enough.
    std::optional<Sample> sample{};
    std::optional<Clock::time_point>
        end{};                       ///< It is told to abort then, or when its line is written.
    std::uint32_t line_written = 0;  ///< Of the sample with this number, the last before an end.
    bool told_to_abort = false;

    std::uint32_t requests_asked = 0;  ///< How often LongestRequests were.
    Clock::time_point requests_asked_at{};
    std::vector<RunningRequest> requests{};  ///< As it answered last.
    Timer::Instant requests_noted{};         ///< Then.
};

}  // namespace grove::http
