// async_result.h - a value or an exception that arrives once (gevent.event.AsyncResult).
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include <grove/core/detail/export.h>
#include <grove/core/detail/notifier.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

namespace grove {
namespace detail {

/// The part that AsyncResults of all types share.
class GROVE_EXPORT AsyncOutcome {
public:
    AsyncOutcome();
    ~AsyncOutcome();

    [[nodiscard]] bool ready() const noexcept { return ready_; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }
    Notifier& news() noexcept { return news_; }

    /// @throws std::logic_error if an outcome has arrived already, or on another thread
    void refuse_second(const char* call) const;
    void arrive(std::exception_ptr error) noexcept;  ///< Tells all waiters.
    bool wait(Timespan timeout);
    /// Returns if there is a value; throws the exception, or Timeout.
    void wait_for_value(bool block, Timespan timeout);

private:
    Notifier news_;
    std::exception_ptr error_;
    bool ready_ = false;
};

}  // namespace detail

/// A value or an exception that arrives once; greenlets wait for it. T may be void.
///
/// Thread: its hub's; on another, set() and get() throw std::logic_error. Must outlive its waiters
/// (asserted).
template <class T>
class AsyncResult {
    using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

public:
    AsyncResult() = default;
    AsyncResult(const AsyncResult&) = delete;
    AsyncResult& operator=(const AsyncResult&) = delete;

    /// Wakes all waiters. Never switches.
    /// @throws std::logic_error if a value or an exception has arrived already
    void set(Stored value = {}) requires std::is_void_v<T> { emplace(std::move(value)); }
    /// The same, with a value.
    void set(Stored value) requires(!std::is_void_v<T>) { emplace(std::move(value)); }
    /// Wakes all waiters; each get() throws `error` from now on. Never switches.
    /// @throws std::invalid_argument if `error` is null
    /// @throws std::logic_error if a value or an exception has arrived already
    void set_exception(std::exception_ptr error) {
        if (error == nullptr)
            throw std::invalid_argument{"AsyncResult::set_exception(): the exception_ptr is null"};
        outcome_.refuse_second("AsyncResult::set_exception()");
        outcome_.arrive(std::move(error));
    }

    /// A value or an exception has arrived.
    [[nodiscard]] bool ready() const noexcept { return outcome_.ready(); }
    /// A value has arrived.
    [[nodiscard]] bool successful() const noexcept {
        return ready() && outcome_.error() == nullptr;
    }
    /// The exception that arrived; null if a value did, or nothing yet.
    [[nodiscard]] std::exception_ptr exception() const noexcept { return outcome_.error(); }
    /// The value that arrived; null until successful().
    [[nodiscard]] const Stored* value() const noexcept { return value_ ? &*value_ : nullptr; }

    /// Blocks until a value or an exception arrives, at most `timeout`. The reference is valid as
    /// long as this object.
    /// @throws the exception that arrived; Timeout (with id 0) if nothing arrived in time
    std::add_lvalue_reference_t<const T> get(bool block = true, Timespan timeout = {}) {
        outcome_.wait_for_value(block, timeout);
        if constexpr (!std::is_void_v<T>) return *value_;
    }
    /// Blocks until a value or an exception arrives, at most `timeout`.
    /// @return ready(); false: `timeout` passed first
    bool wait(Timespan timeout = {}) { return outcome_.wait(timeout); }

    /// Calls `link` once, in the hub, when a value or an exception arrives; in the next round if it
    /// has arrived already.
    LinkId rawlink(std::function<void()> link) {
        return outcome_.news().rawlink(std::move(link), ready());
    }
    /// Unknown or used ids: no effect.
    void unlink(LinkId id) noexcept { outcome_.news().unlink(id); }

    /// For greenlet.rawlink(result.linker()): the function copies how the greenlet ended. A killed
    /// greenlet gives Killed, a greenlet of another type std::logic_error. This object must outlive
    /// the call.
    [[nodiscard]] std::function<void(const AnyGreenlet&)> linker() {
        return [this](const AnyGreenlet& ended) {
            const Greenlet<T> typed = ended.as<T>();
            if (std::exception_ptr error = ended.exception()) {
                set_exception(std::move(error));
            } else if (!typed.valid()) {
                set_exception(std::make_exception_ptr(std::logic_error{
                    "AsyncResult::linker(): " + ended.name() + " returns another type"}));
            } else if (!typed.returned()) {
                set_exception(std::make_exception_ptr(Killed{ended.name() + " was killed"}));
            } else if constexpr (std::is_void_v<T>) {
                set();
            } else {
                set(typed.get(false));
            }
        };
    }

private:
    void emplace(Stored value) {
        outcome_.refuse_second("AsyncResult::set()");
        value_.emplace(std::move(value));
        outcome_.arrive(nullptr);
    }

    std::optional<Stored> value_;  // before outcome_, whose destructor asserts that nobody waits
    detail::AsyncOutcome outcome_;
};

}  // namespace grove
