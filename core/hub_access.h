// hub_access.h - what core's other files may do to the hub that users may not.
#pragma once

#include <string>

#include <grove/core/detail/greenlet_state.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/hub.h>

#include "context.h"
#include "exception_state.h"

namespace grove {

struct HubAccess {
    static Hub* make(std::unique_ptr<Loop> loop);
    static void destroy(Hub* hub) noexcept;
    /// Kills all greenlets but main, and runs them to their ends. @pre main runs
    static void unwind_greenlets(Hub& hub) noexcept { hub.unwind_greenlets(); }
    static Hub* existing() noexcept;  ///< nullptr: the thread has none. Makes none.

    static detail::GreenletState& current(Hub& hub) noexcept { return *hub.current_; }
    static ExceptionState& exceptions(Hub& hub) noexcept { return *hub.exceptions_; }
    static void make_ready(Hub& hub, detail::ReadyEntry& entry) noexcept {
        hub.ready_.push_back(entry);
    }
    static void withdraw(Hub& hub, detail::ReadyEntry& entry) noexcept { hub.ready_.remove(entry); }
    /// For the running flow, which is in a line or the ready list; returns at its next turn.
    static void leave(Hub& hub) noexcept;  // block_here.h
    /// Switches until the reason is written. It is told to woken() once the Waiter is gone.
    static Waiter::Reason block(Waiter& waiter, Timespan timeout) noexcept;  // block_here.h
    /// True: by wake(); false: by the time. @throws what interrupted the running greenlet's wait
    static bool woken(Waiter::Reason reason);  // block_here.h
    /// The running greenlet waits in `line`. Returns and throws as Waiter::block(), for less.
    static bool wait_in(WaitList& line, WaitNode::Kind kind, const char* waits_for,
                        Timespan timeout);  // block_here.h
    static std::uint64_t next_id(Hub& hub) noexcept { return ++hub.last_id_; }
    static std::uint64_t next_link(Hub& hub) noexcept { return ++hub.last_link_; }
    static std::uint32_t next_killall(Hub& hub) noexcept { return ++hub.last_killall_; }
    static std::uint64_t next_timeout(Hub& hub) noexcept { return ++hub.last_timeout_; }

    static void enlist(Hub& hub, detail::GreenletState& greenlet) noexcept {
        greenlet.older = hub.newest_;
        if (hub.newest_ != nullptr) hub.newest_->newer = &greenlet;
        hub.newest_ = &greenlet;
        ++hub.greenlet_count_;
    }
    static void delist(Hub& hub, detail::GreenletState& greenlet) noexcept {
        (greenlet.newer != nullptr ? greenlet.newer->older : hub.newest_) = greenlet.older;
        if (greenlet.older != nullptr) greenlet.older->newer = greenlet.newer;
        greenlet.older = greenlet.newer = nullptr;
        --hub.greenlet_count_;
    }
    static SpareKeeper& spare(Hub& hub) noexcept { return *hub.spare_; }
    static BlockPool& blocks(Hub& hub) noexcept { return *hub.blocks_; }
    static detail::GreenletState& main(Hub& hub) noexcept { return *hub.main_state_; }
    static detail::GreenletState& hub(Hub& hub) noexcept { return *hub.hub_state_; }
    static Timer::Instant turn_began(const Hub& hub) noexcept { return hub.turn_began_; }
    /// All but main and the hub, newest first.
    template <class F>
    static void for_each_greenlet(Hub& hub, F function) {
        for (auto* greenlet = hub.newest_; greenlet != nullptr; greenlet = greenlet->older)
            function(*greenlet);
    }

    // For a monitor, from its own thread. Two equal pulses: nothing has switched in between.
    struct Pulse {
        const detail::GreenletState* current;
        std::uint64_t round;
        int budget;
        bool polling;
        bool operator==(const Pulse&) const = default;
    };
    static Pulse pulse(const Hub& hub) noexcept {
        return {hub.current_, hub.rounds_, hub.budget_, hub.polling_};
    }
    /// "reader (id 7)"; "" if it switched meanwhile.
    static std::string name_of_running(Hub& hub);
    static void set_monitored(Hub& hub, bool monitored);
    /// No monitor reads the greenlet's name after this. @pre it is not the current one
    static void keep_from_monitor(Hub& hub, const detail::GreenletState& greenlet) noexcept {
        if (hub.monitored_) [[unlikely]]
            wait_until_unpinned(hub, greenlet);
    }
    static void wait_until_unpinned(Hub& hub, const detail::GreenletState& greenlet) noexcept;

    /// From here on the running flow counts as the hub: its greenlet is over.
    static void enter_hub(Hub& hub) noexcept { hub.current_ = hub.hub_state_; }
    /// The same for a scope: what is called in it must not block.
    class AsHub {
    public:
        explicit AsHub(Hub& hub) noexcept : hub_{hub}, current_{hub.current_} {
            hub.current_ = hub.hub_state_;
        }
        ~AsHub() { hub_.current_ = current_; }
        AsHub(const AsHub&) = delete;
        AsHub& operator=(const AsHub&) = delete;

    private:
        Hub& hub_;
        detail::GreenletState* current_;
    };
};

}  // namespace grove
