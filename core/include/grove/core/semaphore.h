// semaphore.h - a counter of permits that greenlets borrow (gevent.lock.Semaphore).
//
// Thread: belongs to the hub of the thread that made it; other threads get std::logic_error.
// Order:  acquirers, wait() callers and raw links stand in one line; first come, first served.
#pragma once

#include <cstdint>
#include <functional>

#include <grove/core/detail/export.h>
#include <grove/core/detail/handoff.h>
#include <grove/core/duration.h>
#include <grove/core/hub.h>

namespace grove {

using LinkId = std::uint64_t;

/// Counts free permits; the greenlet that finds none waits for one. Must outlive its waiters
/// (asserted).
class GROVE_EXPORT Semaphore {
public:
    explicit Semaphore(int value = 1);  ///< @throws std::invalid_argument if negative
    ~Semaphore();
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    /// Takes a permit. If no permit is free, or others stand in line, and `blocking`, switches
    /// until it owns a permit, at most `timeout`.
    /// @return false iff not blocking, or `timeout` passed first; then nothing was taken
    /// @throws BlockingInHub if it would have to wait inside a hub callback
    /// @throws whatever a kill or a TimeoutGuard raises in the waiter; nothing was taken
    bool acquire(bool blocking = true, Timespan timeout = {});

    /// Gives a permit back; if an acquirer heads the line, the permit is the acquirer's at once.
    /// Never switches.
    void release();

    /// Waits until an acquire would not block; takes nothing.
    /// @return the counter; 0 if `timeout` passed, or others took what there was
    int wait(Timespan timeout = {});

    [[nodiscard]] int counter() const noexcept { return counter_; }       ///< Free permits.
    [[nodiscard]] bool locked() const noexcept { return counter_ <= 0; }  ///< No permit is free.
    /// How many acquire(false) would succeed now, one after another: 0 while others stand in line.
    [[nodiscard]] int available() const noexcept { return may_take() ? counter_ : 0; }

    /// Calls `link` once, in the hub, when a permit is free at its place in the line. During the
    /// call acquire(false) may take the permit. What `link` throws is reported.
    LinkId rawlink(std::function<void()> link);
    void unlink(LinkId id) noexcept;  ///< Unknown or used ids: no effect.
    /// Puts one of grove's own takers at the end of the line. Once told, the taker owns a permit;
    /// it is told on any stack, so it must not block. @pre acquire(false) has just failed
    void enqueue(WaitNode& taker) noexcept { waiters_.push_back(taker); }
    /// How many stand in line: for tests and tools.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

private:
    class Link;

    [[nodiscard]] bool may_take() const noexcept {
        return counter_ > 0 && (waiters_.empty() || serving_link_);
    }
    bool wait_in_line(Timespan timeout);
    void serve_line();

    Hub& hub_;
    // Invariant: while an acquirer heads waiters_ and no notification is due, counter_ == 0: a
    // permit given back then goes to it at once and never passes through counter_.
    int counter_;
    bool serving_link_ = false;
    bool* gone_ = nullptr;  // told by the destructor, while the line is being served
    LinkId last_link_ = 0;
    HandoffLine waiters_;
    HubCall notification_;
};

/// A Semaphore that notices one release too many.
class GROVE_EXPORT BoundedSemaphore : private Semaphore {
public:
    /// @throws std::invalid_argument if negative
    explicit BoundedSemaphore(int value = 1) : Semaphore{value}, initial_{value} {}

    using Semaphore::acquire;
    using Semaphore::available;
    using Semaphore::counter;  ///< @copydoc Semaphore::counter
    using Semaphore::locked;   ///< @copydoc Semaphore::locked
    using Semaphore::rawlink;
    using Semaphore::unlink;
    using Semaphore::wait;
    using Semaphore::waiting;
    /// @throws std::logic_error above the initial value; nothing has changed then
    void release();

private:
    int initial_;
};

/// Looks like a Semaphore and never refuses (gevent.lock.DummySemaphore).
class DummySemaphore {
public:
    /// As Semaphore's, but a permit is always free.
    /// @{
    explicit DummySemaphore(int = 1) noexcept {}

    bool acquire(bool = true, Timespan = {}) noexcept { return true; }
    void release() noexcept {}
    int wait(Timespan = {}) noexcept { return 1; }
    [[nodiscard]] int counter() const noexcept { return 1; }
    [[nodiscard]] bool locked() const noexcept { return false; }
    [[nodiscard]] bool available() const noexcept { return true; }
    LinkId rawlink(const std::function<void()>&) noexcept { return ++last_link_; }
    void unlink(LinkId) noexcept {}
    /// @}

private:
    LinkId last_link_ = 0;
};

/// A permit for a scope: taken when made, given back when destroyed.
class SemaphorePermit {
public:
    /// As Semaphore::acquire(true, timeout). If `timeout` passes first, it holds no permit.
    explicit SemaphorePermit(Semaphore& semaphore, Timespan timeout = {})
        : semaphore_{semaphore.acquire(true, timeout) ? &semaphore : nullptr} {}
    ~SemaphorePermit() {
        if (semaphore_ != nullptr) semaphore_->release();
    }
    SemaphorePermit(const SemaphorePermit&) = delete;
    SemaphorePermit& operator=(const SemaphorePermit&) = delete;

    /// It holds a permit.
    explicit operator bool() const noexcept { return semaphore_ != nullptr; }

private:
    Semaphore* semaphore_;
};

}  // namespace grove
