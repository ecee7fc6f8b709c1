// timer.h - a moment at which the hub calls back.
//
// Thread: a timer belongs to the hub that armed it. Never allocates: the queue's links lie in the
// timer.
#pragma once

#include <chrono>
#include <cstdint>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/export.h>

namespace grove {

/// One deadline in the hub's timer queue. Armed and cancelled through the hub (hub.h); must be
/// cancelled before it is destroyed (asserted).
class GROVE_EXPORT Timer {
public:
    using Instant = std::chrono::nanoseconds;  ///< Since the epoch of CLOCK_MONOTONIC.

    Timer() noexcept = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    [[nodiscard]] bool armed() const noexcept { return order_ != 0; }      ///< Not expired yet.
    [[nodiscard]] Instant deadline() const noexcept { return deadline_; }  ///< As last armed.

protected:
    virtual ~Timer() { GROVE_ASSERT(!armed(), "a timer was destroyed while armed"); }

    /// The deadline has passed. Called once, in the hub; the timer is not armed then. Must not
    /// block.
    virtual void expired() noexcept = 0;

private:
    friend class TimerQueue;

    Instant deadline_{};
    std::uint64_t order_ =
        0;  // of arming, from 1: equal deadlines expire first armed first; 0: not armed
    Timer* child_ = nullptr;
    Timer* next_ = nullptr;
    Timer* prev_ = nullptr;  // elder sibling, or the parent of an eldest
};

}  // namespace grove
