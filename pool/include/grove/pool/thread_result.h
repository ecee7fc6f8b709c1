// thread_result.h - the result of a function that a ThreadPool runs (gevent's ThreadResult).
//
// Thread: that of the hub that spawned it. A handle is cheap to copy, null when default-made, and
// keeps the result alive. Calls on a null handle throw std::logic_error; questions about its state
// are answered with false.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/stored_call.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>
#include <grove/core/hub.h>
#include <grove/core/semaphore.h>
#include <grove/pool/detail/place.h>
#include <grove/pool/detail/thread_task.h>

namespace grove {
namespace detail {

/// The task behind a ThreadResult. It is kept alive by its handles and, until it has ended, by the
/// pool.
class GROVE_EXPORT ThreadOutcome : public ThreadTask {
public:
    ThreadOutcome();

    void retain() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) delete this;
    }
    void ended() noexcept override;

    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    bool wait(Timespan timeout);
    LinkId rawlink(std::function<void()> link);
    void unlink(LinkId id) noexcept;

protected:
    ~ThreadOutcome() override;

private:
    class Link;
    void notify_links() noexcept;

    Hub& hub_;
    std::size_t references_ = 1;  // the pool's
    bool ready_ = false;
    LinkId last_link_ = 0;
    WaitList links_;
    std::unique_ptr<HubCall> late_links_;  // for those registered after the end
};

template <class R>
class ThreadOutcomeOf : public ThreadOutcome {
public:
    std::optional<Kept<R>> value;
};

/// A function for a thread, stored and called as spawn() does.
template <class R, class F, class... A>
class ThreadCall final : public ThreadOutcomeOf<R> {
public:
    template <class... B>
    explicit ThreadCall(B&&... function_and_arguments)
        : call_{std::forward<B>(function_and_arguments)...} {}

private:
    void call() override {
        if constexpr (std::is_void_v<R>) {
            call_();
            this->value.emplace();
        } else {
            this->value.emplace(call_());
        }
    }
    void drop_function() noexcept override { call_.drop(); }

    StoredCall<F, A...> call_;
};

/// The part of a handle that does not depend on the result's type.
class GROVE_EXPORT AnyThreadResult {
public:
    AnyThreadResult() noexcept = default;
    AnyThreadResult(const AnyThreadResult& other) noexcept : AnyThreadResult{other.outcome_} {}
    AnyThreadResult(AnyThreadResult&& other) noexcept
        : outcome_{std::exchange(other.outcome_, nullptr)} {}
    AnyThreadResult& operator=(AnyThreadResult other) noexcept {
        std::swap(outcome_, other.outcome_);
        return *this;
    }
    ~AnyThreadResult() {
        if (outcome_ != nullptr) outcome_->release();
    }

    /// Not null; false only for a handle that is default-made or moved from.
    [[nodiscard]] bool valid() const noexcept { return outcome_ != nullptr; }
    /// The function has ended, for whatever cause.
    [[nodiscard]] bool ready() const noexcept { return valid() && outcome_->is_ready(); }
    /// It returned, or threw GreenletExit.
    [[nodiscard]] bool successful() const noexcept { return ready() && outcome_->error == nullptr; }
    /// The exception that it threw; null while it runs, and if it was successful.
    [[nodiscard]] std::exception_ptr exception() const noexcept {
        return ready() ? outcome_->error : nullptr;
    }
    /// Switches until it is ready. @return ready(): false iff `timeout` passed first
    bool wait(Timespan timeout = {}) const { return checked().wait(timeout); }
    /// Calls `link` once, in the hub, when the result is ready; in the next round if it is ready
    /// already. `link` must not block; what it throws is reported.
    LinkId rawlink(std::function<void()> link) const { return checked().rawlink(std::move(link)); }
    void unlink(LinkId id) const { checked().unlink(id); }  ///< Unknown or used ids: no effect.

protected:
    explicit AnyThreadResult(ThreadOutcome* outcome) noexcept : outcome_{outcome} {
        if (outcome_ != nullptr) outcome_->retain();
    }
    /// For derived handles; null if this handle is null.
    [[nodiscard]] ThreadOutcome* outcome() const noexcept { return outcome_; }
    /// Waits. Returns if there is a value; else throws what get() throws.
    void wait_for_value(bool block, Timespan timeout) const;

private:
    [[nodiscard]] ThreadOutcome& checked() const;

    ThreadOutcome* outcome_ = nullptr;
};

}  // namespace detail

/// A handle on the result of a function that returns R, decayed.
template <class R = void>
class ThreadResult : public detail::AnyThreadResult {
public:
    ThreadResult() noexcept = default;
    explicit ThreadResult(detail::ThreadOutcomeOf<R>* outcome) noexcept
        : AnyThreadResult{outcome} {}

    /// Switches until the value is there, at most `timeout`. The reference is valid as long as any
    /// handle.
    /// @throws what the function threw; Killed if it threw GreenletExit; Timeout (with id 0) if it
    /// is not ready in time
    const R& get(bool block = true, Timespan timeout = {}) const& {
        wait_for_value(block, timeout);
        return *present();
    }
    /// Moves the value out: a later get() throws std::logic_error.
    R get(bool block = true, Timespan timeout = {}) && {
        wait_for_value(block, timeout);
        R taken = std::move(*present());
        present().reset();
        return taken;
    }
    /// The value; null until the function has returned it, and once it was moved out.
    [[nodiscard]] const R* value() const noexcept { return ready() && slot() ? &*slot() : nullptr; }

private:
    [[nodiscard]] std::optional<R>& slot() const noexcept {
        return static_cast<detail::ThreadOutcomeOf<R>*>(outcome())->value;
    }
    [[nodiscard]] std::optional<R>& present() const {
        if (!slot()) throw std::logic_error{"the value was moved out by an earlier get()"};
        return slot();
    }
};

/// A handle on the result of a function that returns nothing.
template <>
class ThreadResult<void> : public detail::AnyThreadResult {
public:
    ThreadResult() noexcept = default;
    explicit ThreadResult(detail::ThreadOutcomeOf<void>* outcome) noexcept
        : AnyThreadResult{outcome} {}
    /// Switches until it has ended, at most `timeout`. @throws as ThreadResult<R>::get()
    void get(bool block = true, Timespan timeout = {}) const { wait_for_value(block, timeout); }
};

}  // namespace grove
