// timer_queue.h - deadlines in order: pairing heaps whose nodes are the timers themselves.
//
// A million timers in one heap would be children of one root, and the next that goes would merge
// them all at once. So there are several trees, joined as the digits of a binary counter are
// carried: each has few children. Arming is O(1) amortised, cancelling O(log n) without a search,
// and nothing allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <grove/core/detail/timer.h>

namespace grove {

class TimerQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// @pre not empty
    [[nodiscard]] Timer::Instant next_deadline() const noexcept { return first_->deadline_; }

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
    void remove_root(Timer& timer, Timer* children) noexcept;

    static constexpr std::size_t kTrees = 48;

    std::array<Timer*, kTrees> trees_{};  // [n]: nullptr, or a tree of at most 2^n timers
    std::uint64_t occupied_ = 0;          // bit n: there is a tree in [n]
    Timer* first_ = nullptr;              // the root that is due first
    std::uint64_t last_order_ = 0;
};

}  // namespace grove
