// event.h - a flag that greenlets wait for (gevent.event.Event).
#pragma once

#include <functional>

#include <grove/core/detail/export.h>
#include <grove/core/detail/notifier.h>
#include <grove/core/duration.h>

namespace grove {

/// Thread: its hub's; set() and wait() from another throw std::logic_error.
/// Order: first come, first served. Must outlive its waiters (asserted); once it is set, whoever it
/// wakes may destroy it.
class GROVE_EXPORT Event {
public:
    Event();
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void set();                              ///< Wakes all who wait. Never switches.
    void clear() noexcept { set_ = false; }  ///< Who waits later will block again. Never switches.
    [[nodiscard]] bool is_set() const noexcept { return set_; }  ///< The flag.

    /// Blocks until the flag is set, at most `timeout`. Where others were woken by the set() and
    /// have not run yet, they run first.
    /// @return true if it was set at entry or at any time since, even if it was cleared again
    bool wait(Timespan timeout = {});

    /// Has `link` called once, in the hub, when the flag is set next; in the next round if it is
    /// set. Must not block; what it throws is reported.
    LinkId rawlink(std::function<void()> link);
    void unlink(LinkId id) noexcept { news_.unlink(id); }  ///< Unknown or used ids: no effect.

private:
    Notifier news_;
    bool set_ = false;
};

}  // namespace grove
