// greenlet.h - handles of greenlets, and spawning them (gevent.Greenlet, gevent.spawn).
//
// A greenlet is a function on a stack of its own. It runs until it blocks or ends; then another
// greenlet runs. A handle is cheap to copy and keeps the result alive, not the stack. Handles and
// greenlets belong to the thread (hub) that made them; calls from another thread throw
// std::logic_error. Calls on a null handle throw std::logic_error; questions about its state are
// answered with false.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>

namespace grove {

using LinkId = std::uint64_t;
template <class T = void>
class Greenlet;

/// How a greenlet is made: spawn(SpawnOptions{.name = "reader"}, f).
struct SpawnOptions {
    std::size_t stack_bytes = 0;  ///< Usable stack, rounded up to pages; 0: 64 KiB.
    std::string name{};           ///< "": "Greenlet-ID".
};

/// A handle on a greenlet, whatever its function returns (gevent.Greenlet).
class GROVE_EXPORT AnyGreenlet {
public:
    using LinkId = grove::LinkId;  ///< Returned by rawlink() and link(), for unlink().
    /// Called with the greenlet that ended.
    using Link = std::function<void(const AnyGreenlet&)>;

    AnyGreenlet() noexcept = default;  ///< Null.
    explicit AnyGreenlet(detail::GreenletState* state) noexcept : state_{state} {
        if (state_ != nullptr) state_->retain();
    }
    AnyGreenlet(const AnyGreenlet& other) noexcept : AnyGreenlet{other.state_} {}
    AnyGreenlet(AnyGreenlet&& other) noexcept : state_{std::exchange(other.state_, nullptr)} {}
    AnyGreenlet& operator=(AnyGreenlet other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~AnyGreenlet() {
        if (state_ != nullptr) state_->release();
    }

    /// Not null; false only for a handle that is default-made or moved from.
    [[nodiscard]] bool valid() const noexcept { return state_ != nullptr; }
    [[nodiscard]] std::uint64_t id()
        const noexcept;  ///< From 1 in each hub, never reused; 0 for a null handle.
    [[nodiscard]] std::string name()
        const;  ///< "Greenlet-ID" unless set; "main" and "hub" have those names.
    /// For error reports and run_info(). @throws std::logic_error if null or on another thread
    void set_name(std::string name) const;

    /// Schedules the greenlet: it does not run before the caller blocks. No effect if started or
    /// dead.
    void start() const;
    /// The greenlet counts as started at once and runs after at least `delay`.
    void start_later(Duration delay) const;

    [[nodiscard]] bool started() const noexcept;  ///< start() was called, and it is not dead.
    [[nodiscard]] bool dead() const noexcept;     ///< Finished, for whatever cause.
    /// The same as dead(), by gevent's name.
    [[nodiscard]] bool ready() const noexcept { return dead(); }
    [[nodiscard]] bool successful() const noexcept;  ///< Returned, or ended by GreenletExit.
    /// The exception that ended it; null if successful or not ready.
    [[nodiscard]] std::exception_ptr exception() const noexcept;

    /// Blocks until the greenlet is dead, at most `timeout`; its failure is not thrown.
    /// @return ready(): false iff `timeout` passed first
    /// @throws std::logic_error for the running greenlet itself and for main, which never ends
    bool join(Timespan timeout = {}) const;

    /// Throws `exception` out of the call in which the greenlet is blocked, at the greenlet's turn.
    /// A greenlet that never ran dies at once, without running. With `block`, waits until it is
    /// dead, at most `timeout`; it returns silently when `timeout` passes. Main can be killed, but
    /// is not waited for.
    template <class E = GreenletExit>
    void kill(E exception = {}, bool block = true, Timespan timeout = {}) const {
        kill_with(std::make_exception_ptr(std::move(exception)), block, timeout);
    }
    /// Throws what `exception` points at. @throws std::invalid_argument if it is null
    template <std::same_as<std::exception_ptr> P>
    void kill(P exception, bool block = true, Timespan timeout = {}) const {
        kill_with(std::move(exception), block, timeout);
    }
    template <std::same_as<bool> B>
    void kill(B, bool = true, Timespan = {}) const = delete;

    /// Calls `link` once after the greenlet's end, in the hub, in order of registration. `link`
    /// must not block; what it throws is reported. If the greenlet is dead already: in the next
    /// round.
    LinkId rawlink(Link link) const;
    /// The same, but `link` runs in a greenlet of its own and may block.
    LinkId link(Link link) const;
    LinkId link_value(Link link) const;      ///< Only if successful().
    LinkId link_exception(Link link) const;  ///< Only if not successful().
    void unlink(LinkId id) const;            ///< Unknown or used ids: no effect.
    /// Links and waiters left on it: for tests and tools.
    [[nodiscard]] std::size_t link_count() const noexcept;

    /// It is the thread's main greenlet or the hub's; neither ever ends.
    [[nodiscard]] bool is_main() const noexcept { return state_ != nullptr && state_->is_main; }
    /// It ended by returning, not by an exception or a kill.
    [[nodiscard]] bool returned() const noexcept { return dead() && state_->returned; }
    /// The same greenlet, with its type; null if its function does not return T.
    template <class T>
    [[nodiscard]] Greenlet<T> as() const;

    /// True once for each `mark`, so that killall() takes each greenlet once, without a set.
    bool mark_once(std::uint32_t mark) const noexcept {
        return std::exchange(state_->killall_mark, mark) != mark;
    }
    /// Puts grove's own bookkeeping among the links; it is told in its turn, on any stack. For
    /// groups.
    void attach(WaitNode& node) const;
    /// The oldest of its links; null if it has none. For groups, to find what they attached.
    [[nodiscard]] WaitNode* first_link() const noexcept;

    friend bool operator==(const AnyGreenlet& a, const AnyGreenlet& b) noexcept {
        return a.state_ == b.state_;
    }

protected:
    /// For derived handles; null if this handle is null.
    [[nodiscard]] detail::GreenletState* state() const noexcept { return state_; }
    /// Joins. Returns if there is a value; else throws what get() throws.
    void wait_for_value(bool block, Timespan timeout) const;
    [[noreturn]] static void value_was_moved_out();  ///< @throws std::logic_error

private:
    void kill_with(std::exception_ptr exception, bool block, Timespan timeout) const;
    detail::GreenletState& checked(const char* call) const;

    detail::GreenletState* state_ = nullptr;
};

/// A handle on a greenlet whose function returns T, decayed.
template <class T>
class Greenlet : public AnyGreenlet {
public:
    Greenlet() noexcept = default;
    explicit Greenlet(detail::GreenletOf<T>* state) noexcept : AnyGreenlet{state} {}

    /// Blocks until the value is there, at most `timeout`. The reference is valid as long as any
    /// handle.
    /// @throws the exception that ended the greenlet; Killed if it was killed; Timeout (with id 0)
    /// if it is not ready in time
    const T& get(bool block = true, Timespan timeout = {}) const& {
        wait_for_value(block, timeout);
        if (value() == nullptr) value_was_moved_out();
        return *value();
    }
    /// Moves the value out: a later get() throws std::logic_error.
    T get(bool block = true, Timespan timeout = {}) && {
        wait_for_value(block, timeout);
        if (value() == nullptr) value_was_moved_out();
        T taken = std::move(*value_slot());
        value_slot().reset();
        return taken;
    }
    /// The value; null until the greenlet has returned it, and once it was moved out.
    [[nodiscard]] const T* value() const noexcept {
        return valid() && dead() && value_slot() ? &*value_slot() : nullptr;
    }

private:
    [[nodiscard]] std::optional<T>& value_slot() const noexcept {
        return static_cast<detail::GreenletOf<T>*>(state())->value;
    }
};

/// A handle on a greenlet whose function returns nothing.
template <>
class Greenlet<void> : public AnyGreenlet {
public:
    Greenlet() noexcept = default;
    explicit Greenlet(detail::GreenletOf<void>* state) noexcept : AnyGreenlet{state} {}
    /// Blocks until the greenlet ends, at most `timeout`. @throws as Greenlet<T>::get()
    void get(bool block = true, Timespan timeout = {}) const { wait_for_value(block, timeout); }
};

template <class T>
Greenlet<T> AnyGreenlet::as() const {
    return Greenlet<T>{dynamic_cast<detail::GreenletOf<T>*>(state_)};
}

namespace detail {

template <class F, class... A>
using SpawnResult = std::decay_t<std::invoke_result_t<std::decay_t<F>&, std::decay_t<A>...>>;

template <class F, class... A>
concept Spawnable = std::invocable < std::decay_t<F>
&, std::decay_t<A>... > ;

template <class F>
concept NotOptions = !std::same_as<std::remove_cvref_t<F>, SpawnOptions>;

}  // namespace detail

/// Makes a greenlet that is not started.
template <class F, class... A>
requires detail::Spawnable<F, A...>
auto make_greenlet(const SpawnOptions& options, F&& function, A&&... arguments) {
    using R = detail::SpawnResult<F, A...>;
    return Greenlet<R>{new detail::GreenletFunction<R, std::decay_t<F>, std::decay_t<A>...>{
        options, std::forward<F>(function), std::forward<A>(arguments)...}};
}
template <detail::NotOptions F, class... A>
requires detail::Spawnable<F, A...>
auto make_greenlet(F&& function, A&&... arguments) {
    return make_greenlet(SpawnOptions{}, std::forward<F>(function), std::forward<A>(arguments)...);
}

/// Makes and starts a greenlet; it runs when the caller blocks.
template <class F, class... A>
requires detail::Spawnable<F, A...>
auto spawn(const SpawnOptions& options, F&& function, A&&... arguments) {
    auto greenlet =
        make_greenlet(options, std::forward<F>(function), std::forward<A>(arguments)...);
    greenlet.start();
    return greenlet;
}
template <detail::NotOptions F, class... A>
requires detail::Spawnable<F, A...>
auto spawn(F&& function, A&&... arguments) {
    return spawn(SpawnOptions{}, std::forward<F>(function), std::forward<A>(arguments)...);
}

/// Makes a greenlet that starts after `delay`.
template <class F, class... A>
requires detail::Spawnable<F, A...>
auto spawn_later(Duration delay, F&& function, A&&... arguments) {
    auto greenlet = make_greenlet(std::forward<F>(function), std::forward<A>(arguments)...);
    greenlet.start_later(delay);
    return greenlet;
}

/// Makes and starts a greenlet without handle, links or result. What it throws is reported.
template <class F, class... A>
requires detail::Spawnable<F, A...>
void spawn_raw(const SpawnOptions& options, F&& function, A&&... arguments) {
    spawn(options, std::forward<F>(function), std::forward<A>(arguments)...);
}
template <detail::NotOptions F, class... A>
requires detail::Spawnable<F, A...>
void spawn_raw(F&& function, A&&... arguments) {
    spawn(std::forward<F>(function), std::forward<A>(arguments)...);
}

/// The running greenlet. The thread's own flow is "main"; in the hub it is the hub's greenlet.
GROVE_EXPORT AnyGreenlet getcurrent();

/// Blocks for at least `duration`. sleep() lets every greenlet that is ready now run once.
GROVE_EXPORT void sleep(Duration duration = {});
template <std::integral I>
void sleep(I) = delete;  // sleep(1) would be POSIX's, and stop the thread

}  // namespace grove

/// By id, so a handle and its copies hash alike.
template <>
struct std::hash<grove::AnyGreenlet> {
    /// Never throws; null handles hash alike.
    std::size_t operator()(const grove::AnyGreenlet& greenlet) const noexcept {
        return std::hash<std::uint64_t>{}(greenlet.id());
    }
};
template <class T>
struct std::hash<grove::Greenlet<T>> : std::hash<grove::AnyGreenlet> {};
