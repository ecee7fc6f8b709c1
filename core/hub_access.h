// hub_access.h - what core's other files may do to the hub that users may not.
#pragma once

#include <utility>

#include <grove/core/greenlet_state.h>
#include <grove/core/hub.h>

#include "context.h"
#include "exception_state.h"

namespace grove {

struct HubAccess {
    static Hub* make(std::unique_ptr<Loop> loop);
    static void destroy(Hub* hub) noexcept;
    static Hub* existing() noexcept;  ///< nullptr: the thread has none. Makes none.

    static detail::GreenletState& current(Hub& hub) noexcept { return *hub.current_; }
    static ExceptionState& exceptions(Hub& hub) noexcept { return *hub.exceptions_; }
    static void make_ready(Hub& hub, detail::ReadyEntry& entry) noexcept {
        hub.ready_.push_back(entry);
    }
    static void withdraw(Hub& hub, detail::ReadyEntry& entry) noexcept { hub.ready_.remove(entry); }
    static void leave(Hub& hub) noexcept { hub.leave(); }
    static std::uint64_t next_id(Hub& hub) noexcept { return ++hub.last_id_; }
    static std::uint64_t next_link(Hub& hub) noexcept { return ++hub.last_link_; }
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
    /// From here on the running flow counts as the hub: its greenlet is over.
    static void enter_hub(Hub& hub) noexcept { hub.current_ = hub.hub_state_; }
    /// The same for a scope: what is called in it must not block.
    class AsHub {
    public:
        explicit AsHub(Hub& hub) noexcept
            : hub_{hub}, current_{std::exchange(hub.current_, hub.hub_state_)} {}
        ~AsHub() { hub_.current_ = current_; }
        AsHub(const AsHub&) = delete;
        AsHub& operator=(const AsHub&) = delete;

    private:
        Hub& hub_;
        detail::GreenletState* current_;
    };
};

}  // namespace grove
