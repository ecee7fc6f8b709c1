#include <grove/core/event.h>

#include <stdexcept>

#include <grove/core/assert.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/waiter.h>

#include "thread_check.h"

namespace grove {

Event::Event() : hub_{get_hub()} {}

Event::~Event() { GROVE_ASSERT(waiters_.empty(), "an Event was destroyed under its waiters"); }

void Event::set() {
    check_thread(hub_, "Event::set()");
    set_ = true;
    if (waiters_.empty()) return;
    while (!waiters_.empty()) waiters_.notify_front();
    woken_turn_ = hub_.last_turn();
}

bool Event::wait(Timespan timeout) {
    check_thread(hub_, "Event::wait()");
    if (set_) {
        // Those whom set() woke and who have not run yet come first (P-091).
        if (!hub_.served(woken_turn_) && !hub_.in_hub()) sleep();
        return true;
    }
    Waiter waiter{WaitNode::Kind::kLooker};
    waiters_.push_back(waiter);
    return waiter.block(timeout);
}

}  // namespace grove
