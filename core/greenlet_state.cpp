#include <grove/core/detail/greenlet_state.h>

#include <stdexcept>
#include <typeinfo>
#include <utility>

#include <grove/core/detail/inherited_value.h>
#include <grove/core/detail/local_value.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "block_pool.h"
#include "hub_access.h"
#include "sanitizer.h"
#include "stack_pool.h"
#include "this_hub.h"

namespace grove::detail {

/// start_later()'s timer. The greenlet's state is retained while it is armed.
class StartTimer final : public Timer {
public:
    explicit StartTimer(GreenletState& greenlet) : greenlet_{greenlet} {}
    ~StartTimer() override { greenlet_.hub->cancel(*this); }
    void expired() noexcept override { HubAccess::make_ready(*greenlet_.hub, greenlet_); }

private:
    GreenletState& greenlet_;
};

// Under the address sanitizer every block is fresh, so that a late use is found.
void* GreenletState::operator new(std::size_t bytes) {
#if !defined(GROVE_ASAN)
    if (this_hub != nullptr) return HubAccess::blocks(*this_hub).take(bytes);
#endif
    return ::operator new(BlockPool::rounded(bytes));
}
void GreenletState::operator delete(void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#if !defined(GROVE_ASAN)
    if (this_hub != nullptr) return HubAccess::blocks(*this_hub).give_back(block, bytes);
#endif
    ::operator delete(block);
}

GreenletState::GreenletState(const SpawnOptions& options) : GreenletState{current_hub(), options} {
    const GreenletState& maker = HubAccess::current(*hub);
    if (maker.locals != nullptr) [[unlikely]]
        InheritedValue::hand_on(maker.locals, locals);
}

GreenletState::GreenletState(Hub& owner, const SpawnOptions& options)
    : hub{&owner},
      stack_bytes{options.stack_bytes != 0 ? options.stack_bytes : StackPool::kDefaultBytes},
      born{HubAccess::turn_began(owner)},
      name{options.name.empty() ? nullptr : std::make_unique<std::string>(options.name)} {
    id = HubAccess::next_id(owner);
    HubAccess::enlist(owner, *this);
}

GreenletState::~GreenletState() {
    if (phase == Phase::kUnstarted) HubAccess::delist(*hub, *this);
    drop_locals();
    while (interrupts != nullptr) drop_oldest_interrupt();
}

void GreenletState::drop_locals() noexcept {
    while (locals != nullptr) delete locals;
}

namespace {

// Apart: a function that has a string of its own guards its stack.
[[noreturn, gnu::cold, gnu::noinline]] void refuse_thread(const GreenletState& greenlet,
                                                          const char* call) {
    throw std::logic_error{
        greenlet.display_name() + ": " + call +
        " was called from a thread other than the greenlet's; use Hub::run_threadsafe"};
}

// What std::rethrow_exception() takes has a destructor: it is passed by its address, and its caller
// destroys it (Itanium C++ ABI, 3.1.2.3). The unwinder would stop here for that, which costs as much
// as half a throw. `error` itself is passed: it outlives the throw, and the library takes its own
// share of the exception.
[[noreturn]] void rethrow_in_place(const std::exception_ptr& error) {
    using InPlace = void (*)(const std::exception_ptr*);
    const auto function = reinterpret_cast<void (*)()>(&std::rethrow_exception);
    reinterpret_cast<InPlace>(function)(&error);
    __builtin_unreachable();
}

}  // namespace

void GreenletState::check_thread(const char* call) const {
    if (hub != this_hub) refuse_thread(*this, call);
}

std::string GreenletState::display_name() const {
    return name != nullptr ? *name : "Greenlet-" + std::to_string(id);
}

void GreenletState::start() noexcept {
    if (phase != Phase::kUnstarted) return;
    phase = Phase::kScheduled;
    retain();  // until its links are told
    HubAccess::make_ready(*hub, *this);
}

void GreenletState::start_later(std::chrono::nanoseconds delay) {
    if (phase != Phase::kUnstarted) return;
    start_timer_ = std::make_unique<StartTimer>(*this);
    phase = Phase::kScheduled;
    retain();
    hub->arm_after(*start_timer_, delay);
}

bool GreenletState::interruptible() const noexcept {
    return shields == 0 && HubAccess::exceptions(*hub).uncaught == 0;
}

bool GreenletState::holds_back() const noexcept {
    for (const Interrupt* each = interrupts; each != nullptr; each = each->next) {
        if (each->state == Interrupt::State::kHeldBack) return true;
    }
    return false;
}

void GreenletState::interrupt(Interrupt& interrupt) noexcept {
    if (waiter != nullptr && !waiter->settled() && waiter->interruptible_)
        return wake_with(interrupt);
    Interrupt** last = &interrupts;
    while (*last != nullptr) last = &(*last)->next;
    *last = &interrupt;
    interrupt.state = Interrupt::State::kHeldBack;
}

void GreenletState::wake_with(Interrupt& interrupt) noexcept {
    interrupt.next = interrupts;
    interrupts = &interrupt;
    interrupt.state = Interrupt::State::kOnItsWay;
    waiter->interrupt();
}

void GreenletState::break_wait(std::exception_ptr cause) {
    auto* breaks = new Interrupt{.error = std::move(cause)};
    breaks->owned = true;
    wake_with(*breaks);
}

void GreenletState::withdraw(Interrupt& interrupt) noexcept {
    Interrupt** place = &interrupts;
    while (*place != &interrupt) place = &(*place)->next;
    *place = interrupt.next;
    interrupt.next = nullptr;
    interrupt.state = Interrupt::State::kIdle;
}

void GreenletState::drop_oldest_interrupt() noexcept {
    Interrupt& oldest = *interrupts;
    withdraw(oldest);
    if (oldest.owned) delete &oldest;
}

// An exception of a user's may have a destructor that matters: it goes with its handler.
[[noreturn, gnu::cold, gnu::noinline]] void GreenletState::throw_owned() {
    const std::exception_ptr thrown = std::move(interrupts->error);
    drop_oldest_interrupt();
    std::rethrow_exception(thrown);
}

void GreenletState::throw_oldest() {
    while (interrupts != nullptr && interrupts->state == Interrupt::State::kThrown)
        drop_oldest_interrupt();
    if (interrupts != nullptr && interruptible()) throw_waking();
}

void GreenletState::throw_waking() {
    Interrupt& first = *interrupts;
    if (!first.owned) {
        withdraw(first);
    } else if (*first.error.__cxa_exception_type() == typeid(GreenletExit)) {
        first.state = Interrupt::State::kThrown;
    } else {
        throw_owned();
    }
    rethrow_in_place(first.error);
}

void GreenletState::kill(std::exception_ptr cause) {
    if (dead()) return;
    if (phase != Phase::kAlive) {
        die(std::move(cause));
        return;
    }
    auto* kill = new Interrupt{.error = std::move(cause)};
    kill->owned = true;
    interrupt(*kill);
}

void GreenletState::die(std::exception_ptr cause) noexcept {
    try {
        std::rethrow_exception(cause);
    } catch (const GreenletExit&) {  // a successful end
    } catch (...) {
        error = std::move(cause);
    }
    // One that was scheduled has retained itself, and its entry may be in the ready list already:
    // at its turn the links are told instead.
    if (phase == Phase::kUnstarted) retain();
    start_timer_.reset();
    drop_function();
    const HubAccess::AsHub as_hub{*hub};
    finish();
}

void GreenletState::run_to_end() noexcept {
    try {
        call();
        returned = true;
    } catch (const GreenletExit&) {  // a successful end, without a value
    } catch (...) {
        error = std::current_exception();
    }
    drop_function();
    drop_locals();
    context = nullptr;
    HubAccess::enter_hub(*hub);
    finish();
}

void GreenletState::finish() noexcept {
    phase = Phase::kDead;
    HubAccess::keep_from_monitor(*hub, *this);
    HubAccess::delist(*hub, *this);
    while (interrupts != nullptr) drop_oldest_interrupt();
    if (error != nullptr) hub->handle_error(display_name() + " failed", error);
    for (WaitNode* node = links.front(); node != nullptr; node = node->next()) {
        if (node->kind() != WaitNode::Kind::kLink) continue;
        schedule_links();  // users' links are called in the hub
        release();
        return;
    }
    if (queued()) HubAccess::withdraw(*hub, *this);  // killed before its first turn
    while (!links.empty()) links.notify_front();
    release();
}

void GreenletState::schedule_links() noexcept {
    if (queued() && run != nullptr) return;
    run = [](ReadyEntry& entry) { static_cast<GreenletState&>(entry).notify_links(); };
    retain();
    if (!queued()) HubAccess::make_ready(*hub, *this);
}

void GreenletState::notify_links() noexcept {
    // A link that links again waits for the next round, or it would be called for ever.
    for (std::size_t left = links.size(); left > 0 && !links.empty(); --left) links.notify_front();
    if (!links.empty()) schedule_links();
    release();
}

}  // namespace grove::detail
