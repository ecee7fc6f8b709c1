#include <grove/core/hub.h>

#include <algorithm>
#include <utility>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/detail/spare_memory.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>

#include "block_here.h"
#include "context.h"
#include "error_report.h"
#include "hub_access.h"
#include "stack_pool.h"
#include "this_hub.h"
#include "timer_queue.h"

namespace grove {
namespace {

// Greenlets that may run before timers and descriptors are looked at again, if the clock's coarse
// tick does not end the turn before. Large, as a poll costs as much as ten switches.
constexpr int kTurnBudget = 1024;

}  // namespace

HubCall::HubCall(Hub& hub, std::function<void()> function)
    : ReadyEntry{[](ReadyEntry& entry) {
          auto& self = static_cast<HubCall&>(entry);
          Hub& owner = self.hub_;
          try {
              self.function_();
          } catch (...) {
              owner.handle_error("a call in the hub", std::current_exception());
          }
      }},
      hub_{hub},
      function_{std::move(function)} {}

HubCall::~HubCall() { cancel(); }

void HubCall::schedule() noexcept {
    if (!queued()) hub_.ready_.push_back(*this);
}

void HubCall::cancel() noexcept {
    if (queued()) hub_.ready_.remove(*this);
}

void Hub::arm(Timer& timer, Timer::Instant deadline) noexcept { timers_->arm(timer, deadline); }
void Hub::arm_after(Timer& timer, Duration delay) noexcept {
    timers_->arm(timer, instant_after(delay));
}
Timer::Instant Hub::instant_after(Duration delay) noexcept {
    const Timer::Instant time = now();
    if (delay <= Duration::zero()) return time;
    return delay < Timer::Instant::max() - time ? time + delay : Timer::Instant::max();
}
void Hub::cancel(Timer& timer) noexcept { timers_->cancel(timer); }

void Hub::set_error_handler(ErrorHandler handler) { error_handler_ = std::move(handler); }

void Hub::handle_error(const std::string& context, std::exception_ptr error) noexcept {
    try {
        if (error_handler_) {
            const ErrorHandler handler = error_handler_;  // it may replace itself
            handler(context, std::move(error));
        } else {
            report_error(context, error);
        }
    } catch (...) {  // a handler that fails must not take the hub with it
        report_error(context, std::current_exception());
    }
}

// Woken under the lock: the function may be what the hub's end waits for, and then the loop would be gone.
void Hub::run_threadsafe(std::function<void()> function) {
    const std::lock_guard lock{posted_mutex_};
    posted_.push_back(std::move(function));
    has_posted_.store(true, std::memory_order_release);
    loop_->wake();
}

void Hub::run_posted() noexcept {
    std::vector<std::function<void()>> functions;
    {
        const std::lock_guard lock{posted_mutex_};
        functions.swap(posted_);
        has_posted_.store(false, std::memory_order_relaxed);
    }
    for (auto& function : functions) {
        try {
            function();
        } catch (...) {
            handle_error("a function given to run_threadsafe", std::current_exception());
        }
        function = nullptr;
    }
}

// ---- the hub's own flow

void Hub::run() noexcept {
    for (;;) {
        run_ready();
        wait_for_events();
    }
}

void Hub::run_ready() noexcept {
    rounds_ = rounds_ + 1;
    budget_ = kTurnBudget;
    while (detail::ReadyEntry* entry = ready_.front()) {
        if (entry->run != nullptr) {
            if (turn_is_over()) return;
            ready_.remove(*entry);
            entry->run(*entry);
        } else if (detail::GreenletState* next = take_next(nullptr)) {
            switch_to(*next);
        } else if (budget_ <= 0) {
            return;
        }
    }
}

void Hub::wait_for_events() noexcept {
    if (spare_->wanted() && ready_.empty()) spare_->turn(now());
    Timespan timeout;
    if (!timers_->empty()) {
        const Timer::Instant time = now();
        timers_->expire(time);
        if (!timers_->empty())
            timeout = std::max(timers_->next_deadline() - time, Duration::zero());
    }
    if (!ready_.empty()) {
        timeout = Duration::zero();
    } else if (!timeout && kept_ == 0 && !has_posted_.load(std::memory_order_acquire)) {
        end_loop();
        return;
    } else if (spare_->wanted()) {
        const Duration until = std::max(spare_->next_turn() - now(), Duration::zero());
        timeout = std::min(timeout.value_or(until), until);
    }
    polling_ = true;
    loop_->poll(timeout);
    polling_ = false;
    turn_began_ = loop_->woke();
    if (has_posted_.load(std::memory_order_acquire)) run_posted();
}

void Hub::end_loop() noexcept {
    Waiter* waiter = main_state_->waiter;
    GROVE_ASSERT(waiter != nullptr && !waiter->settled(), "the loop ended while main was running");
    main_state_->break_wait(
        std::make_exception_ptr(LoopExit{"main would block for ever: no greenlet is ready, and no "
                                         "timer or descriptor could wake one"}));
}

// ---- switching

[[gnu::cold, gnu::noinline]] bool Hub::bind(detail::GreenletState& greenlet,
                                            Context* own) noexcept {
    if (own != nullptr && own->size_class->bytes == StackPool::round_up(greenlet.stack_bytes)) {
        greenlet.context = own;
    } else {
        try {
            greenlet.context = &stacks_->take(greenlet.stack_bytes);
        } catch (...) {
            greenlet.die(std::current_exception());
            return false;
        }
        greenlet.context->prepare([](boost::context::detail::transfer_t from) {
            Hub& hub = *this_hub;
            Context& context = *hub.current_->context;
            context.begin(from);
            hub.run_greenlets_on(context);
        });
    }
    greenlet.phase = detail::GreenletState::Phase::kAlive;
    return true;
}

// A finished greenlet's stack runs the next fresh one without a switch; else it is given back.
void Hub::run_greenlets_on(Context& own) noexcept {
    for (;;) {
        current_->run_to_end();
        detail::GreenletState* next = take_next(&own);
        if (next == nullptr) next = hub_state_;
        current_ = next;
        if (next->context == &own) continue;
        stacks_->give_back(own);
        own.exit_to(*next->context, *exceptions_);
    }
}

}  // namespace grove
