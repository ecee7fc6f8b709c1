// waiter.h - one wake: the reason why a blocked greenlet goes on is written exactly once. Thread:
// its hub's.
//
// Everything that blocks makes a Waiter on its stack, puts it into a line and calls block(). The
// write takes the Waiter out of the line and off the timers, and gives its greenlet the next turn.
// Whatever comes later (a second wake, the timeout, a kill) finds the reason written and does
// nothing, or waits for the greenlet's next blocking call.
#pragma once

#include <grove/core/detail/export.h>
#include <grove/core/detail/timer.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>

namespace grove {

class Hub;
namespace detail {
class GreenletState;
}

/// The running greenlet's place in a line, and the word that it is woken with.
class GROVE_EXPORT Waiter final : public WaitNode, private Timer {
public:
    /// For the running greenlet.
    /// @param waits_for a literal, for run_info(): "a Semaphore"
    /// @param parcel for a taker: where the thing that it is given is put, or taken from
    /// (handoff.h)
    /// @throws BlockingInHub   in the hub
    /// @throws a kill or a timeout that was held back, unless it still must be
    explicit Waiter(Kind kind = Kind::kTaker, const char* waits_for = "to be woken",
                    void* parcel = nullptr);
    ~Waiter() override;

    /// Switches until the reason is written.
    /// @return true: woken; false: `timeout` passed first (0 or less: when all that is ready has
    /// run).
    /// @throws what interrupted it (a kill, a TimeoutGuard, LoopExit); then it was not woken.
    bool block(Timespan timeout = {});

    /// Writes the reason: woken, with a word for the greenlet. No effect if a reason is written.
    /// Never switches.
    void wake(int word = 0) noexcept;
    void notify() noexcept override { wake(); }

    /// The word that wake() was given.
    [[nodiscard]] int word() const noexcept { return word_; }
    /// The parcel that the constructor was given.
    [[nodiscard]] void* parcel() const noexcept { return parcel_; }
    /// The text that the constructor was given.
    [[nodiscard]] const char* waits_for() const noexcept { return waits_for_; }
    /// The reason is written.
    [[nodiscard]] bool settled() const noexcept { return reason_ != Reason::kNone; }

private:
    friend class Hub;
    friend struct HubAccess;
    friend class detail::GreenletState;
    enum class Reason : unsigned char { kNone, kWoken, kTimedOut, kInterrupted };

    void expired() noexcept override;
    void settle(Reason reason) noexcept;
    void interrupt() noexcept { settle(Reason::kInterrupted); }

    detail::GreenletState& greenlet_;
    Reason reason_ = Reason::kNone;
    bool interruptible_;
    int word_ = 0;
    const char* waits_for_;
    void* parcel_;
};

}  // namespace grove
