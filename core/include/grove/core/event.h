// event.h - a flag that greenlets wait for (gevent.event.Event).
#pragma once

#include <cstdint>

#include <grove/core/duration.h>
#include <grove/core/export.h>
#include <grove/core/wait_list.h>

namespace grove {

class Hub;

/// Thread: its hub's; set() and wait() from another throw std::logic_error.
/// Order: first come, first served. Must outlive its waiters (asserted).
class GROVE_EXPORT Event {
public:
    Event();
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void set();  ///< Wakes all who wait. Never switches.
    void clear() noexcept { set_ = false; }
    [[nodiscard]] bool is_set() const noexcept { return set_; }

    /// Blocks until the flag is set, at most `timeout`.
    /// @return true if it was set at entry or at any time since, even if it was cleared again
    /// (P-090)
    bool wait(Timespan timeout = {});

private:
    Hub& hub_;
    WaitList waiters_;
    std::uint64_t woken_turn_ = 0;  // of the waiter that set() woke last
    bool set_ = false;
};

}  // namespace grove
