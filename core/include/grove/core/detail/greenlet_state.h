// greenlet_state.h - the greenlet behind its handles: function, outcome, links, wake slot.
//
// Nothing here is for users; it is public because spawn() is a template. Thread: its hub's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/ready_list.h>
#include <grove/core/detail/stored_call.h>
#include <grove/core/detail/wait_list.h>

namespace grove {

class Hub;
class Waiter;
struct Context;
struct SpawnOptions;

namespace detail {

class LocalValue;
class StartTimer;

/// An exception on its way into a greenlet: a kill (owned by the greenlet), or an expired
/// TimeoutGuard.
struct Interrupt {
    enum class State : std::uint8_t {
        kIdle,      // in no list
        kHeldBack,  // until it may be thrown
        kOnItsWay,  // its greenlet was woken by it
        kThrown     // a GreenletExit: kept until the next wait, as it is thrown from here
    };

    std::exception_ptr error;
    Interrupt* next = nullptr;
    State state = State::kIdle;
    bool owned = false;
};

class GROVE_EXPORT GreenletState : public ReadyEntry {
public:
    enum class Phase : std::uint8_t { kUnstarted, kScheduled, kAlive, kDead };

    explicit GreenletState(const SpawnOptions& options);  ///< In this thread's hub.
    GreenletState(Hub& owner, const SpawnOptions& options);
    virtual ~GreenletState();

    // Memory is from the hub's pool of blocks; for over-aligned functions, from the heap.
    static void* operator new(std::size_t bytes);
    static void* operator new(std::size_t bytes, std::align_val_t alignment) {
        return ::operator new(bytes, alignment);
    }
    static void operator delete(void* block, std::size_t bytes) noexcept;
    static void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
        ::operator delete(block, alignment);
    }

    virtual void call() = 0;                    ///< Runs the function and keeps its value.
    virtual void drop_function() noexcept = 0;  ///< Destroys function and arguments.

    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }

    void start() noexcept;
    void start_later(std::chrono::nanoseconds delay);
    [[nodiscard]] bool dead() const noexcept { return phase == Phase::kDead; }

    /// Throws `error` into the greenlet at its turn, or holds it back until it may be thrown. A
    /// greenlet that never ran dies at once.
    void kill(std::exception_ptr error);
    /// Wakes the greenlet with `interrupt`, or holds it back; it must live until it is thrown or
    /// withdrawn.
    void interrupt(Interrupt& interrupt) noexcept;
    /// Ends this greenlet's wait by `error`, whatever holds others back. @pre it waits, unsettled
    void break_wait(std::exception_ptr error);
    void withdraw(Interrupt& interrupt) noexcept;  ///< @pre not idle
    /// Throws the oldest interrupt that was held back, if nothing holds it back any longer.
    /// @pre this greenlet runs
    void throw_held_back() {
        if (interrupts != nullptr) [[unlikely]]
            throw_oldest();
    }
    /// Throws what woke the greenlet. @pre this greenlet runs; its Waiter is gone: an exception that
    /// has nothing to destroy on its way costs half
    [[noreturn]] void throw_waking();
    [[nodiscard]] bool interruptible() const noexcept;  ///< @pre this greenlet runs
    [[nodiscard]] bool holds_back() const noexcept;     ///< An interrupt waits for its throw.

    /// Ends a greenlet that never ran, for `cause`, without running it.
    void die(std::exception_ptr cause) noexcept;
    /// Runs the function to its end, on the greenlet's own stack. Afterwards nothing of the stack
    /// may be touched.
    void run_to_end() noexcept;
    /// Tells links and waiters in order of registration.
    void notify_links() noexcept;
    void schedule_links() noexcept;

    /// @throws std::logic_error naming greenlet and `call`, if this is not its hub's thread
    void check_thread(const char* call) const;
    [[nodiscard]] std::string display_name() const;

    // The hub's and the waiters' working data.
    Hub* hub;
    Context* context = nullptr;  // bound at the first run
    Waiter* waiter = nullptr;    // while blocked
    std::uint32_t shields = 0;
    std::uint32_t killall_mark = 0;  // the mark of the last killall() that saw it
    Phase phase = Phase::kUnstarted;
    bool returned = false;  // ended by return: there is a value
    bool is_main = false;   // the thread's own flow: never dies
    WaitList links;
    LocalValue* locals = nullptr;
    Interrupt* interrupts = nullptr;  // one that woke it, then those held back, oldest first
    std::exception_ptr error;
    std::uint64_t id = 0;
    std::size_t stack_bytes;
    std::chrono::nanoseconds born;      // the turn it was made in
    std::unique_ptr<std::string> name;  // nullptr: "Greenlet-ID"
    GreenletState* older = nullptr;     // the list of all that are not dead
    GreenletState* newer = nullptr;

private:
    void finish() noexcept;
    void drop_locals() noexcept;
    void drop_oldest_interrupt() noexcept;
    void wake_with(Interrupt& interrupt) noexcept;
    void throw_oldest();
    [[noreturn]] void throw_owned();

    std::uint32_t references_ = 0;
    std::unique_ptr<StartTimer> start_timer_;
};

/// A greenlet whose function returns T.
template <class T>
class GreenletOf : public GreenletState {
public:
    using GreenletState::GreenletState;
    std::optional<T> value;
};
template <>
class GreenletOf<void> : public GreenletState {
public:
    using GreenletState::GreenletState;
};

/// A greenlet with its function.
template <class T, class F, class... A>
class GreenletFunction : public GreenletOf<T> {
public:
    template <class... B>
    explicit GreenletFunction(const SpawnOptions& options, B&&... function_and_arguments)
        : GreenletOf<T>{options}, call_{std::forward<B>(function_and_arguments)...} {}

    void call() override {
        if constexpr (std::is_void_v<T>) {
            call_();
        } else {
            this->value.emplace(call_());
        }
    }
    void drop_function() noexcept override { call_.drop(); }

private:
    StoredCall<F, A...> call_;
};

}  // namespace detail
}  // namespace grove
