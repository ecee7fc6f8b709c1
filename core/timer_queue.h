// timer_queue.h - deadlines in order: a pairing heap whose nodes are the timers themselves.
//
// Arming is O(1), cancelling O(log n) amortised without a search, and nothing allocates.
#pragma once

#include <cstdint>

#include <grove/core/detail/timer.h>

namespace grove {

class TimerQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }

    /// @pre not empty
    [[nodiscard]] Timer::Instant next_deadline() const noexcept { return root_->deadline_; }

    /// @pre the timer is not armed
    void arm(Timer& timer, Timer::Instant deadline) noexcept;

    /// No effect on a timer that is not armed.
    void cancel(Timer& timer) noexcept;

    /// Calls expired() on what is due at `now`, earliest first, then first armed first. A timer
    /// armed meanwhile waits for the next call, even if it is due: a timer that re-arms itself
    /// cannot hold the hub.
    void expire(Timer::Instant now) noexcept;

private:
    static bool before(const Timer& a, const Timer& b) noexcept;
    static Timer* meld(Timer* a, Timer* b) noexcept;
    static Timer* merge_siblings(Timer* eldest) noexcept;
    void remove(Timer& timer) noexcept;

    Timer* root_ = nullptr;
    std::uint64_t last_order_ = 0;
};

}  // namespace grove
