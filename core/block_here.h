// block_here.h - how the running greenlet stops and the next one goes on, inlined into what blocks.
//
// The processor foretells returns by the calls that it saw. After a switch those were another
// greenlet's, so each return from there on may be foretold wrongly (20 cycles). Hence no frame
// stands between a primitive's function and the jump: the round trip of two semaphores takes 61 ns
// in place of 102 (core_bench). Waiter::block() is the same with one return more.
#pragma once

#include <grove/core/detail/assert.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/hub.h>

#include "context.h"
#include "hub_access.h"
#include "this_hub.h"

namespace grove {

[[gnu::always_inline]] inline bool Hub::turn_is_over() noexcept {
    budget_ = budget_ - 1;
    if (budget_ <= 0) return true;
    if (budget_ % 16 != 0 || loop_->tick() == turn_began_) return false;
    budget_ = 0;
    return true;
}

[[gnu::always_inline]] inline detail::GreenletState* Hub::take_next(Context* own) noexcept {
    for (;;) {
        detail::ReadyEntry* entry = ready_.front();
        if (entry == nullptr || entry->run != nullptr || turn_is_over()) return nullptr;
        ready_.remove(*entry);
        auto& greenlet = static_cast<detail::GreenletState&>(*entry);
        if (greenlet.context != nullptr || bind(greenlet, own)) return &greenlet;
    }
}

[[gnu::always_inline]] inline void Hub::switch_to(detail::GreenletState& next) noexcept {
    Context& from = *current_->context;
    current_ = &next;
    from.switch_to(*next.context, *exceptions_);
}

[[gnu::always_inline]] inline void Hub::leave() noexcept {
    detail::GreenletState* next = take_next(nullptr);
    if (next == nullptr) next = hub_state_;
    if (next != current_) switch_to(*next);
}

[[gnu::always_inline]] inline void HubAccess::leave(Hub& hub) noexcept { hub.leave(); }

[[gnu::always_inline]] inline Waiter::Reason HubAccess::block(Waiter& waiter,
                                                              Timespan timeout) noexcept {
    Hub& hub = *waiter.greenlet_.hub;
    if (!waiter.settled() && timeout) hub.arm_after(waiter, *timeout);
    waiter.greenlet_.waiter = &waiter;
    hub.leave();
    waiter.greenlet_.waiter = nullptr;
#if !defined(NDEBUG)
    GROVE_ASSERT(&hub == this_hub, "a greenlet was resumed on another thread");
#endif
    return waiter.reason_;
}

[[gnu::always_inline]] inline bool HubAccess::woken(Waiter::Reason reason) {
    if (reason == Waiter::Reason::kInterrupted) [[unlikely]]
        current(*this_hub).throw_waking();
    return reason == Waiter::Reason::kWoken;
}

[[gnu::always_inline]] inline bool HubAccess::wait_in(WaitList& line, WaitNode::Kind kind,
                                                      const char* waits_for, Timespan timeout) {
    Waiter::Reason reason;
    {
        Waiter waiter{kind, waits_for};
        line.push_back(waiter);
        reason = block(waiter, timeout);
    }
    return woken(reason);
}

}  // namespace grove
