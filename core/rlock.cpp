#include <grove/core/rlock.h>

#include <stdexcept>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "thread_check.h"

namespace grove {

RLock::RLock() : hub_{get_hub()} {}

bool RLock::acquire(bool blocking, Timespan timeout) {
    check_thread(hub_, "RLock::acquire()");  // another hub's greenlet may have the owner's id
    const std::uint64_t self = getcurrent().id();
    if (owner_ != self) {
        if (!free_.acquire(blocking, timeout)) return false;
        owner_ = self;
    }
    ++times_;
    return true;
}

void RLock::release() {
    check_thread(hub_, "RLock::release()");
    if (owner_ != getcurrent().id())
        throw std::logic_error{"RLock: release() by a greenlet that does not own it"};
    if (--times_ != 0) return;
    owner_ = 0;
    free_.release();
}

}  // namespace grove
