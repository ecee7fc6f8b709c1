// duration.h - how long (Duration, Timespan) and until when (Deadline).
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include <grove/core/detail/export.h>

namespace grove {

/// A length of time. 100ms converts to it; 0.5s does not, as in chrono.
using Duration = std::chrono::nanoseconds;

/// The time that a call may take at most, counted from the call. nullopt: no bound; a negative time
/// counts as 0.
using Timespan = std::optional<Duration>;

/// The moment at which waiting ends. A job that waits more than once turns its Timespan into a
/// Deadline at its start, so that one budget covers the whole job. A value; it reads the clock of
/// the calling thread's hub.
class GROVE_EXPORT Deadline {
public:
    using Instant = std::chrono::nanoseconds;  ///< Since the epoch of CLOCK_MONOTONIC.

    Deadline() noexcept = default;        ///< Never passes.
    explicit Deadline(Timespan timeout);  ///< `timeout` from now; nullopt: never.

    /// The time left: nullopt if the deadline never passes, 0 once it has passed.
    [[nodiscard]] Timespan left() const;
    [[nodiscard]] bool passed() const;  ///< Always false if not bounded().
    /// The deadline passes at some time.
    [[nodiscard]] bool bounded() const noexcept { return at_ != kNever; }
    /// Instant::max() if not bounded().
    [[nodiscard]] Instant at() const noexcept { return at_; }

private:
    static constexpr Instant kNever = Instant::max();
    Instant at_ = kNever;
};

}  // namespace grove
