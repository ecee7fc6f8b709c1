// event.h - a flag that greenlets wait for (gevent.event.Event).
#pragma once

#include <functional>

#include <grove/core/detail/export.h>
#include <grove/core/detail/notifier.h>
#include <grove/core/duration.h>

namespace grove {

/// A flag, clear at first, that greenlets wait for.
///
/// Thread: its hub's; on another, set() and wait() throw std::logic_error.
/// Order: first come, first served. Must outlive its waiters (asserted); a greenlet that set() has
/// woken may destroy it.
class GROVE_EXPORT Event {
public:
    Event();
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void set();                              ///< Wakes all waiters. Never switches.
    void clear() noexcept { set_ = false; }  ///< Later waits block again. Never switches.
    [[nodiscard]] bool is_set() const noexcept { return set_; }  ///< The flag.

    /// Blocks until the flag is set, at most `timeout`. Greenlets that set() has woken and that
    /// have not run yet run first.
    /// @return true if the flag was set at entry or at any time since, even if it was cleared again
    bool wait(Timespan timeout = {});

    /// Calls `link` once, in the hub, when the flag is set next; in the next round if it is set
    /// now. `link` must not block; what it throws is reported.
    LinkId rawlink(std::function<void()> link);
    void unlink(LinkId id) noexcept { news_.unlink(id); }  ///< Unknown or used ids: no effect.

private:
    Notifier news_;
    bool set_ = false;
};

}  // namespace grove
