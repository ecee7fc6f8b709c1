#include <grove/core/timeout.h>

#include <stdexcept>

#include <grove/core/detail/assert.h>
#include <grove/core/hub.h>

#include "hub_access.h"
#include "this_hub.h"

namespace grove {
namespace {

std::exception_ptr checked(std::exception_ptr exception) {
    if (exception == nullptr)
        throw std::invalid_argument{"TimeoutGuard: the exception_ptr is null"};
    return exception;
}

}  // namespace

TimeoutGuard::TimeoutGuard(Timespan timeout)
    : greenlet_{HubAccess::current(current_hub())}, id_{HubAccess::next_timeout(*greenlet_.hub)} {
    if (!timeout) return;
    duration_ = *timeout;
    greenlet_.hub->arm_after(*this, duration_);
}

TimeoutGuard::TimeoutGuard(Timespan timeout, std::exception_ptr exception) : TimeoutGuard{timeout} {
    interrupt_.error = checked(std::move(exception));
}

TimeoutGuard::~TimeoutGuard() {
    GROVE_ASSERT(&greenlet_ == &HubAccess::current(current_hub()),
                 "a TimeoutGuard ended in another greenlet than its own");
    cancel();
}

void TimeoutGuard::cancel() noexcept {
    if (armed()) greenlet_.hub->cancel(*this);
    if (interrupt_.state == detail::Interrupt::State::kHeldBack) greenlet_.withdraw(interrupt_);
}

void TimeoutGuard::throw_again() noexcept {
    if (!armed() && interrupt_.state == detail::Interrupt::State::kIdle) expired();
}

void TimeoutGuard::expired() noexcept {
    if (interrupt_.error == nullptr)
        interrupt_.error = std::make_exception_ptr(Timeout{id_, duration_});
    greenlet_.interrupt(interrupt_);
}

}  // namespace grove
