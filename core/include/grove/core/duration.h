// duration.h - how long (Duration, Timespan) and until when (Deadline).
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include <grove/core/detail/export.h>

namespace grove {

/// How long. 100ms converts to it; 0.5s does not, as in chrono.
using Duration = std::chrono::nanoseconds;

/// How long at most; nullopt: no bound; negative counts as 0. Counted from the call that takes it.
using Timespan = std::optional<Duration>;

/// Until when: what a Timespan becomes at the start of a job that waits more than once, so that one
/// budget covers the whole job. A value; it reads the clock of the calling thread's hub.
class GROVE_EXPORT Deadline {
public:
    using Instant = std::chrono::nanoseconds;  ///< Since the epoch of CLOCK_MONOTONIC.

    Deadline() noexcept = default;        ///< Never passes.
    explicit Deadline(Timespan timeout);  ///< `timeout` from now; nullopt: never.

    /// What is left: nullopt if it never passes, 0 once it has passed.
    [[nodiscard]] Timespan left() const;
    [[nodiscard]] bool passed() const;  ///< Always false if not bounded().
    /// It passes some time.
    [[nodiscard]] bool bounded() const noexcept { return at_ != kNever; }
    /// Instant::max() if not bounded().
    [[nodiscard]] Instant at() const noexcept { return at_; }

private:
    static constexpr Instant kNever = Instant::max();
    Instant at_ = kNever;
};

}  // namespace grove
