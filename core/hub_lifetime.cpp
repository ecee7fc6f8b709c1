// How a thread's hub comes and goes.
#include <stdexcept>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <grove/core/detail/assert.h>
#include <grove/core/detail/loop.h>
#include <grove/core/detail/spare_memory.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "block_pool.h"
#include "context.h"
#include "crash_report.h"
#include "hub_access.h"
#include "loaded_asan.h"
#include "sanitizer.h"
#include "stack_pool.h"
#include "this_hub.h"
#include "timer_queue.h"

namespace grove {
namespace {

constexpr std::size_t kHubStackBytes = 262144;  // raw links and parsers run there

// The thread's own flow, and the hub's: greenlets without a function of their own.
class ThreadFlow final : public detail::GreenletState {
public:
    ThreadFlow(Hub& owner, std::string flow_name)
        : GreenletState{owner, SpawnOptions{.name = std::move(flow_name)}} {
        phase = Phase::kAlive;
        is_main = true;
        HubAccess::delist(owner, *this);
        retain();
    }
    void call() override {}
    void drop_function() noexcept override {}
};

struct HubOwner {
    ~HubOwner() { HubAccess::destroy(HubAccess::existing()); }
    void touch() const noexcept {}
};
thread_local HubOwner hub_owner;

// jump_fcontext saves and loads MXCSR, and loading a value that differs is slow (50 ns). Its sticky
// exception flags differ as soon as one flow has done an inexact operation, so all flows begin with
// them set.
void set_sticky_float_flags() noexcept {
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x3fU);
#endif
}

}  // namespace

constinit thread_local Hub* this_hub = nullptr;

namespace {

// Apart, as get_hub() has nothing else for which it would guard its stack.
[[gnu::cold, gnu::noinline]] Hub& make_usual_hub() { return make_hub(make_system_loop()); }

}  // namespace

Hub& get_hub() { return this_hub != nullptr ? *this_hub : make_usual_hub(); }

Hub& make_hub(std::unique_ptr<Loop> loop) {
    if (this_hub != nullptr) throw std::logic_error{"make_hub(): the thread has a hub already"};
    hub_owner.touch();  // registers the destructor
    this_hub = HubAccess::make(std::move(loop));
    return *this_hub;
}

Hub* HubAccess::make(std::unique_ptr<Loop> loop) { return new Hub{std::move(loop)}; }

Hub* HubAccess::existing() noexcept { return this_hub; }

void HubAccess::destroy(Hub* hub) noexcept {
    // exit() called in a greenlet: we stand on a stack that the hub owns, so everything stays.
    if (hub == nullptr || hub->current_ != hub->main_state_) return;
    delete hub;
    this_hub = nullptr;
}

// The monitor pins the running greenlet, then looks again whether it still runs. Whoever ends or
// renames it makes it another's turn first, then waits until it is not pinned: of both threads at
// least one sees what the other did.
std::string HubAccess::name_of_running(Hub& hub) {
    const detail::GreenletState* const greenlet = hub.current_;
    hub.pinned_.store_in_order(greenlet);
    std::string name;
    if (hub.current_.load_in_order() == greenlet)
        name = greenlet->display_name() + " (id " + std::to_string(greenlet->id) + ")";
    hub.pinned_.store_in_order(nullptr);
    return name;
}

void HubAccess::wait_until_unpinned(Hub& hub, const detail::GreenletState& greenlet) noexcept {
    hub.current_.store_in_order(hub.current_);
    while (hub.pinned_.load_in_order() == &greenlet) {
    }
}

void HubAccess::set_monitored(Hub& hub, bool monitored) {
    if (monitored && hub.monitored_)
        throw std::logic_error{"the hub has a BlockingMonitor already"};
    hub.monitored_ = monitored;
}

Hub::Hub(std::unique_ptr<Loop> loop)
    : loop_{std::move(loop)},
      timers_{std::make_unique<TimerQueue>()},
      spare_{std::make_unique<SpareKeeper>()},
      stacks_{std::make_unique<StackPool>()},
      blocks_{std::make_unique<BlockPool>()},
      exceptions_{&thread_exception_state()},
      main_context_{std::make_unique<Context>(nullptr, 0)},
      signal_stack_{std::make_unique<SignalStack>()} {
    turn_began_ = loop_->tick();
    install_crash_reports();
    look_for_asan();
    set_sticky_float_flags();
    main_state_ = new ThreadFlow{*this, "main"};
    main_state_->context = main_context_.get();
    hub_state_ = new ThreadFlow{*this, "hub"};
    hub_state_->context = &stacks_->take(kHubStackBytes);
    hub_state_->context->prepare([](boost::context::detail::transfer_t from) {
        Hub& hub = get_hub();
        hub.hub_state_->context->begin(from);
        hub.run();
    });
    current_ = main_state_;
}

Hub::~Hub() {
    GROVE_ASSERT(!monitored_, "a hub went before its BlockingMonitor");
    unwind_greenlets();
    main_state_->release();
    hub_state_->release();
}

void Hub::unwind_greenlets() noexcept {
    // Those that cleanups spawn are unwound as well, but not without end.
    for (std::size_t left = greenlet_count_ + 10'000; newest_ != nullptr; --left) {
        detail::GreenletState& greenlet = *newest_;
        greenlet.retain();
        if (left != 0) unwind(greenlet);
        if (greenlet.dead()) {
            greenlet.release();
            continue;
        }
        // Its locals are lost; that is better than to hang. Its state stays, as others may hold
        // handles.
        handle_error(greenlet.display_name() + " did not end when its thread did", nullptr);
        HubAccess::delist(*this, greenlet);
        note_intended_leak(&greenlet);
        if (left == 0) left = 1;
    }
    // The links of those that died without running are still to be told.
    for (int rounds = 0; rounds < 100 && !ready_.empty(); ++rounds) {
        try {
            Waiter{WaitNode::Kind::kLooker}.block(Duration::zero());
        } catch (...) {
        }
    }
}

// Throws GreenletExit into it again and again, as long as it blocks again.
void Hub::unwind(detail::GreenletState& greenlet) noexcept {
    constexpr int kAttempts = 100;
    for (int attempt = 0; attempt < kAttempts && !greenlet.dead(); ++attempt) {
        try {
            greenlet.kill(std::make_exception_ptr(GreenletExit{}));
            if (greenlet.dead()) return;
            Waiter end{WaitNode::Kind::kLooker};
            greenlet.links.push_back(end);
            end.block(greenlet.holds_back() ? std::chrono::milliseconds{10} : Duration::zero());
        } catch (...) {  // main was interrupted itself: it is past caring
        }
    }
}

AnyGreenlet getcurrent() { return AnyGreenlet{&HubAccess::current(get_hub())}; }

}  // namespace grove
