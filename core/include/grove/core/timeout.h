// timeout.h - a bound on how long a scope may block (gevent.Timeout).
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>

namespace grove {

/// Thrown by an expired TimeoutGuard, and by a get() that was not ready in time. Not a
/// std::exception.
class GROVE_EXPORT Timeout {
public:
    /// For tests, and for code that stands in for a guard.
    Timeout(std::uint64_t id, Duration duration) noexcept : id_{id}, duration_{duration} {}
    Timeout(const Timeout&) = default;
    Timeout& operator=(const Timeout&) = default;
    virtual ~Timeout();

    /// The id of the guard that threw it; 0: thrown by a call such as get() that would have
    /// blocked, or whose own timeout passed.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// The time that passed; for a get(), the timeout that it was given.
    [[nodiscard]] Duration duration() const noexcept { return duration_; }
    /// The duration in the largest unit that keeps it an integer: "100ms", "2s".
    [[nodiscard]] std::string what() const;

private:
    std::uint64_t id_;
    Duration duration_;
};

/// Arms a timeout for the greenlet that makes it. When the timeout passes, Timeout (or the
/// exception given) is thrown out of the call in which the greenlet is blocked, or out of its next
/// blocking call; code that does not block is never interrupted. A guard must be destroyed in the
/// greenlet that made it (asserted); the destructor disarms it.
class GROVE_EXPORT TimeoutGuard : private Timer {
public:
    explicit TimeoutGuard(Timespan timeout);  ///< nullopt: never expires; negative: as 0
    /// Throws `exception` instead; an std::exception_ptr stands for what it points at.
    template <class E>
    TimeoutGuard(Timespan timeout, E exception)
        : TimeoutGuard{timeout, std::make_exception_ptr(std::move(exception))} {}
    /// As above. @throws std::invalid_argument if null
    TimeoutGuard(Timespan timeout, std::exception_ptr exception);
    ~TimeoutGuard() override;

    void cancel() noexcept;  ///< Disarms; also withdraws an expiry that is still held back.
    /// Throws its exception once more, as if the guard expired now: for a greenlet that has
    /// swallowed the exception. The hub may call this too. No effect while the guard is armed, or
    /// its expiry is held back.
    void throw_again() noexcept;
    [[nodiscard]] bool pending() const noexcept {
        return armed();
    }  ///< Armed, and not expired yet.
    /// Never 0; no other guard of this thread has the same id.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// This guard threw `timeout`.
    [[nodiscard]] bool threw(const Timeout& timeout) const noexcept { return timeout.id() == id_; }

private:
    void expired() noexcept override;

    detail::GreenletState& greenlet_;
    std::uint64_t id_;
    Duration duration_{};
    detail::Interrupt interrupt_;
};

/// Calls `function` and returns its result. @throws Timeout if `timeout` passes first; what
/// `function` throws
template <class F>
std::invoke_result_t<F&> with_timeout(Duration timeout, F&& function) {
    const TimeoutGuard guard{timeout};
    return function();
}
/// The same, but returns `timeout_value` if `timeout` ended the call. Another guard's Timeout is
/// thrown on.
template <class F, class V>
std::invoke_result_t<F&> with_timeout(Duration timeout, F&& function, V timeout_value) {
    const TimeoutGuard guard{timeout};
    try {
        return function();
    } catch (const Timeout& thrown) {
        if (!guard.threw(thrown)) throw;
    }
    return timeout_value;
}
/// Calls `function`. @return false: `timeout` ended it. Another guard's Timeout is thrown on.
template <class F>
bool try_for(Duration timeout, F&& function) {
    const TimeoutGuard guard{timeout};
    try {
        function();
    } catch (const Timeout& thrown) {
        if (!guard.threw(thrown)) throw;
        return false;
    }
    return true;
}

}  // namespace grove
