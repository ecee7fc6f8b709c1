#include <grove/core/detail/waiter.h>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "block_here.h"
#include "hub_access.h"
#include "this_hub.h"

namespace grove {
namespace {

detail::GreenletState& running_greenlet() {
    Hub& hub = current_hub();
    if (hub.in_hub())
        throw BlockingInHub{"a raw link, a watcher or another call in the hub must not block"};
    detail::GreenletState& greenlet = HubAccess::current(hub);
    greenlet.throw_held_back();
    return greenlet;
}

}  // namespace

Waiter::Waiter(Kind kind, const char* waits_for, void* parcel)
    : WaitNode{kind},
      greenlet_{running_greenlet()},
      interruptible_{greenlet_.interruptible()},
      waits_for_{waits_for},
      parcel_{parcel} {}

Waiter::~Waiter() {
    if (armed()) greenlet_.hub->cancel(*this);
}

bool Waiter::block(Timespan timeout) { return HubAccess::woken(HubAccess::block(*this, timeout)); }

void Waiter::settle(Reason reason) noexcept {
    reason_ = reason;
    leave();
    Hub& hub = *greenlet_.hub;
    if (armed()) hub.cancel(*this);
    HubAccess::make_ready(hub, greenlet_);
}

void Waiter::wake(int word) noexcept {
    if (settled()) return;
    word_ = word;
    settle(Reason::kWoken);
}

void Waiter::expired() noexcept { settle(Reason::kTimedOut); }

void sleep(Duration duration) {
    if (duration > Duration::zero()) {
        WaitList alone;
        HubAccess::wait_in(alone, WaitNode::Kind::kLooker, "a sleep", duration);
        return;
    }
    detail::GreenletState& greenlet = running_greenlet();
    HubAccess::make_ready(*greenlet.hub, greenlet);
    HubAccess::leave(*greenlet.hub);
}

}  // namespace grove
