// timeout.h - a bound on how long a scope may block (gevent.Timeout). The exception that it throws,
// Timeout, stands in errors.h.
#pragma once

#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/greenlet_state.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>  // IWYU pragma: export

namespace grove {

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
