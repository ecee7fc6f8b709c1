// hub.h - the thread's turn: ready -> timers -> poll -> ready (gevent.hub.Hub).
//
// A thread has one hub, made when first needed. The thread's own flow is itself a greenlet, "main":
// the hub runs whenever main blocks. Greenlets switch straight to the next ready greenlet. The
// hub's own stack serves for polling, for raw links and for watchers; blocking there throws
// BlockingInHub.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/detail/loop.h>
#include <grove/core/detail/published.h>
#include <grove/core/detail/ready_list.h>
#include <grove/core/detail/timer.h>

namespace grove {

class AnyGreenlet;
class BlockPool;
class Hub;
class SignalStack;
class SpareKeeper;
class StackPool;
class TimerQueue;
class Waiter;
struct Context;
struct ExceptionState;

namespace detail {
class GreenletState;
}

/// A call that the hub makes at the call's turn in the ready list. It may be scheduled again
/// afterwards; destroying it takes it off the list.
class GROVE_EXPORT HubCall : private detail::ReadyEntry {
public:
    /// Not scheduled before schedule(). This thread only.
    explicit HubCall(Hub& hub, std::function<void()> function);
    ~HubCall();

    void
    schedule() noexcept;  ///< No effect if scheduled already. What the function throws is reported.
    void cancel() noexcept;  ///< No effect unless scheduled.
    [[nodiscard]] bool scheduled() const noexcept { return queued(); }  ///< Its turn is to come.

private:
    Hub& hub_;
    std::function<void()> function_;
};

/// The thread's loop of greenlets, reached by get_hub(). It lives until its thread ends.
class GROVE_EXPORT Hub {
public:
    /// `context` says what failed, such as "Greenlet-7 failed"; the exception may be null. Must not
    /// block.
    using ErrorHandler = std::function<void(const std::string& context, std::exception_ptr)>;

    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Calls `function` in the hub, soon. Any thread; no other call of a hub may be made from other
    /// threads. The hub does not wait for such calls (LoopExit): a greenlet that waits for another
    /// thread gives a timeout.
    void run_threadsafe(std::function<void()> function);

    /// Sets who is told of exceptions that end a greenlet or leave a raw link or a watcher.
    /// {} restores the default: one line on standard error. What a handler throws is swallowed.
    void set_error_handler(ErrorHandler handler);
    /// Tells the handler. Never throws, never switches.
    void handle_error(const std::string& context, std::exception_ptr error) noexcept;

    /// Turns of the loop so far: for tests and tools.
    [[nodiscard]] std::uint64_t rounds() const noexcept { return rounds_; }
    /// Greenlets alive, main not counted: for tests and tools.
    [[nodiscard]] std::size_t greenlet_count() const noexcept { return greenlet_count_; }

    // ---- for what is built on the hub: waits, sockets, servers. This thread only.

    [[nodiscard]] Loop& loop() noexcept { return *loop_; }  ///< The loop that it polls.
    /// The monotonic clock, read now.
    [[nodiscard]] Timer::Instant now() noexcept { return loop_->now(); }
    void arm(Timer& timer, Timer::Instant deadline) noexcept;  ///< @pre not armed
    void arm_after(Timer& timer, Duration delay) noexcept;     ///< @pre not armed
    [[nodiscard]] Timer::Instant instant_after(
        Duration delay) noexcept;        ///< Negative: now; saturates.
    void cancel(Timer& timer) noexcept;  ///< No effect unless armed.

    /// Until the unkeep() that matches, the hub waits for events rather than throw LoopExit.
    void keep() noexcept { ++kept_; }
    void unkeep() noexcept { --kept_; }  ///< Ends a keep(). @pre a keep() has not ended

    /// The running greenlet is the hub itself: blocking is an error.
    [[nodiscard]] bool in_hub() const noexcept { return current_ == hub_state_; }

    /// A number that changes with each poll of the loop: what was known of a descriptor before may
    /// be out of date then.
    [[nodiscard]] std::uint64_t polls() const noexcept { return rounds_ + (polling_ ? 1 : 0); }

    /// The place in the ready list of the entry that was queued last.
    [[nodiscard]] std::uint64_t last_turn() const noexcept { return ready_.last_turn(); }
    /// The entry at `turn`, which last_turn() gave, has had its turn.
    [[nodiscard]] bool served(std::uint64_t turn) const noexcept { return ready_.served(turn); }

private:
    friend Hub& get_hub();
    friend AnyGreenlet getcurrent();
    friend class HubCall;
    friend class Waiter;
    friend class detail::GreenletState;
    friend struct HubAccess;

    explicit Hub(std::unique_ptr<Loop> loop);
    ~Hub();

    // The hub's own flow.
    [[noreturn]] void run() noexcept;
    void run_ready() noexcept;
    void wait_for_events() noexcept;
    void run_posted() noexcept;
    void end_loop() noexcept;
    [[nodiscard]] bool turn_is_over() noexcept;

    // Switching, from any flow of this thread.
    void leave() noexcept;
    void switch_to(detail::GreenletState& next) noexcept;
    [[noreturn]] void run_greenlets_on(Context& own) noexcept;
    detail::GreenletState* take_next(Context* own) noexcept;
    bool bind(detail::GreenletState& greenlet, Context* own) noexcept;

    void unwind_greenlets() noexcept;
    void unwind(detail::GreenletState& greenlet) noexcept;

    std::unique_ptr<Loop> loop_;
    std::unique_ptr<TimerQueue> timers_;
    std::unique_ptr<SpareKeeper> spare_;
    std::unique_ptr<StackPool> stacks_;
    std::unique_ptr<BlockPool> blocks_;
    ExceptionState* exceptions_;
    detail::ReadyList ready_;
    // Published: what a monitor's thread looks at.
    detail::Published<detail::GreenletState*> current_;
    detail::GreenletState* hub_state_ = nullptr;
    detail::GreenletState* main_state_ = nullptr;
    std::unique_ptr<Context> main_context_;
    std::unique_ptr<SignalStack> signal_stack_;
    detail::Published<int> budget_;
    Timer::Instant turn_began_{};
    std::size_t kept_ = 0;
    detail::Published<std::uint64_t> rounds_;
    detail::Published<bool> polling_;
    detail::Published<const detail::GreenletState*> pinned_;  // whose name a monitor reads
    bool monitored_ = false;
    std::uint64_t last_id_ = 0;
    std::uint64_t last_link_ = 0;
    std::uint64_t last_timeout_ = 0;
    std::uint32_t last_killall_ = 0;
    detail::GreenletState* newest_ = nullptr;
    std::size_t greenlet_count_ = 0;
    ErrorHandler error_handler_;
    std::atomic<bool> has_posted_ = false;
    std::mutex posted_mutex_;  // guards posted_, the only data other threads touch
    std::vector<std::function<void()>> posted_;
};

/// This thread's hub; made when first needed, on make_system_loop().
GROVE_EXPORT Hub& get_hub();

/// Makes this thread's hub on the given loop: another backend, or a test's clock.
/// @throws std::logic_error if the thread has a hub already
GROVE_EXPORT Hub& make_hub(std::unique_ptr<Loop> loop);

}  // namespace grove
