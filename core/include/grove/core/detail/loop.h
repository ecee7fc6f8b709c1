// loop.h - the hub's view of the system: the clock and the readiness of descriptors.
//
// An interface, so that a second backend (io_uring, a test's fake clock) can stand behind the hub.
// Thread: belongs to one hub; only wake() may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/core/detail/heartbeat.h>
#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>

namespace grove {

/// A descriptor that the loop watches, registered once and edge-triggered. on_events() tells of a
/// change: whoever is told reads or writes until the kernel has no more (a short read counts)
/// before waiting again.
class GROVE_EXPORT FdWatch {
public:
    /// There may be bytes to read, or a connection.
    static constexpr std::uint32_t kReadable = 1;
    static constexpr std::uint32_t kWritable = 2;      ///< Bytes may be written.
    static constexpr std::uint32_t kPeerFinished = 4;  ///< The peer has sent its last byte.
    static constexpr std::uint32_t kBroken =
        8;  ///< An error or a full hang-up: read to learn which.

    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;

    /// Something changed. Called in the hub: must not block; may forget and destroy watches, this
    /// watch too.
    virtual void on_events(std::uint32_t events) noexcept = 0;

protected:
    FdWatch() = default;
    ~FdWatch() = default;
};

/// The base of a hub: a clock and the readiness of descriptors.
class GROVE_EXPORT Loop {
public:
    Loop() = default;
    virtual ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// The name by which `grove --version` calls it.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// The monotonic clock.
    [[nodiscard]] virtual Timer::Instant now() noexcept = 0;

    /// A clock that may be coarse and must be cheap: when it moves, the hub's turn ends.
    [[nodiscard]] virtual Timer::Instant tick() noexcept = 0;

    /// From now on tells `watch` of reading events on `fd`, and of writing events after
    /// want_writable().
    /// @throws std::system_error
    virtual void add(int fd, FdWatch& watch) = 0;
    /// If `wanted`, tells at each poll while `fd` can be read, rather than of changes; if not,
    /// tells of errors alone. For a queue that nobody empties in one go. @pre added
    virtual void tell_at_each_poll(int fd, FdWatch& watch, bool wanted) noexcept = 0;
    /// From now on tells of writing events too. @pre added
    virtual void want_writable(int fd, FdWatch& watch) noexcept = 0;
    /// No event reaches `watch` after this, not even an event already fetched. To be called before
    /// `fd` is closed.
    virtual void forget(int fd, FdWatch& watch) noexcept = 0;
    /// The same for a descriptor that is closed next, one system call cheaper: the kernel itself
    /// forgets the descriptor with its last duplicate. Until then (a forked child may hold a
    /// duplicate) its events come and are dropped.
    virtual void forget_closing(int fd, FdWatch& watch) noexcept = 0;

    /// Waits at most `timeout` (nullopt: until something happens; 0: not at all) and tells the
    /// watches.
    /// @return how many things happened, a wake() among them; 0: the time passed, or a signal came
    virtual std::size_t poll(Timespan timeout) = 0;

    /// Ends a poll() under way, or the next one. Any thread.
    virtual void wake() noexcept = 0;

    /// The tick() at which poll() last ended its wait.
    [[nodiscard]] Timer::Instant woke() const noexcept { return woke_; }
    /// From now on `heartbeat` tells since when the thread has been busy, on the monotonic clock,
    /// to a few milliseconds; nullptr: no heartbeat does. It must live until another call of
    /// show(). The time counts from poll to poll, so it is not due to a single greenlet; but once
    /// the clock's tick has moved, a turn ends after 16 switches at most.
    /// @param asked  called in the hub when the thread goes on after Heartbeat::ask(); must not
    /// block
    void show(Heartbeat* heartbeat, std::function<void()> asked = {});

protected:
    /// For poll(): before it waits.
    void rests() noexcept { heartbeat_->rest(); }
    /// For poll(): once it has waited, before it tells the watches.
    void goes_on(Timer::Instant now) noexcept {
        woke_ = now;
        if (heartbeat_->go_on(now)) [[unlikely]]
            tell_who_asked();
    }

private:
    void tell_who_asked() noexcept;

    Heartbeat own_;  // while nobody wants to see it
    Heartbeat* heartbeat_ = &own_;
    Timer::Instant woke_{};
    std::function<void()> asked_;
};

/// The loop of hubs that are not given another (make_hub): epoll and the monotonic clock.
/// @throws std::system_error
[[nodiscard]] GROVE_EXPORT std::unique_ptr<Loop> make_system_loop();

}  // namespace grove
