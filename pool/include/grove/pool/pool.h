// pool.h - a group with a limited number of members (gevent.pool.Pool).
//
// Thread: belongs to the hub of the thread that made it; other threads get std::logic_error.
// Order:  callers that find it full stand in one line, first come, first served. Nobody overtakes:
//         a non-blocking add fails while somebody waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/errors.h>
#include <grove/core/semaphore.h>
#include <grove/pool/detail/slot.h>
#include <grove/pool/group.h>

namespace grove {

/// A pool has no free slot, now or within the time given.
class GROVE_EXPORT PoolFull : public Full {
public:
    using Full::Full;
    ~PoolFull() override;
};

/// A member holds a slot from its add() to its end or its discard(), whichever comes first. A
/// discarded greenlet runs on, so more than limit() greenlets may run.
class GROVE_EXPORT Pool : public Group {
public:
    /// @param size how many members fit; nullopt: any number
    /// @throws std::invalid_argument if negative
    explicit Pool(std::optional<std::ptrdiff_t> size = {},
                  std::shared_ptr<const GreenletClass> greenlet_class = {});
    /// As Group's. @pre nobody waits for a slot (asserted)
    ~Pool() override;

    /// The size it was given.
    [[nodiscard]] std::optional<std::size_t> limit() const noexcept { return limit_; }
    /// How many non-blocking calls of add() would succeed now, one after another. Outdated once the
    /// caller blocks.
    [[nodiscard]] std::size_t free_count() const noexcept { return slots_.free(); }
    /// A non-blocking add() would throw now.
    [[nodiscard]] bool full() const override { return free_count() == 0; }

    using Group::add;
    using Group::start;
    /// Blocks while the pool is full. No effect on a member, which gets no second slot.
    void add(AnyGreenlet greenlet) override;
    /// The same, but waits only if `blocking`, and at most `timeout`.
    /// @param timeout ignored unless `blocking`
    /// @throws PoolFull if the pool is full, or stays full for `timeout`; nothing has changed then
    void add(AnyGreenlet greenlet, bool blocking, Timespan timeout = {});
    /// add(), then starts the greenlet. If it throws, the greenlet is not started and may be
    /// started elsewhere.
    void start(AnyGreenlet greenlet) override;
    /// add(greenlet, blocking, timeout), then starts the greenlet.
    void start(AnyGreenlet greenlet, bool blocking, Timespan timeout = {});
    /// Takes a slot and starts `greenlet` now. Never switches, never throws PoolFull.
    /// @return false: there is no free slot
    bool try_start(AnyGreenlet greenlet);

    /// As spawn(), but never switches. If the pool is full, the handle is null and `function` was
    /// not moved from.
    template <class F, class... A>
    requires detail::Spawnable<F, A...> && detail::NotOptions<F>
    auto try_spawn(F&& function, A&&... arguments) {
        return try_spawn(SpawnOptions{}, std::forward<F>(function), std::forward<A>(arguments)...);
    }
    /// The same with a stack or a name of its own.
    template <class F, class... A>
    requires detail::Spawnable<F, A...>
    auto try_spawn(const SpawnOptions& options, F&& function, A&&... arguments) {
        using Handle = Greenlet<detail::SpawnResult<F, A...>>;
        if (full()) return Handle{};
        Handle greenlet = detail::make_member(greenlet_class(), options, std::forward<F>(function),
                                              std::forward<A>(arguments)...);
        return try_start(greenlet) ? greenlet : Handle{};
    }

    /// Blocks until a slot is free; reserves nothing.
    /// @return free_count(): 0 if `timeout` passed first, or others took what there was
    std::size_t wait_available(Timespan timeout = {}) override;

    /// Calls `link` once, in the hub, when a slot is free at its place in the line. During the call
    /// the pool is not full() and a non-blocking add() works; if `link` takes no slot, the next in
    /// line is served.
    LinkId rawlink(std::function<void()> link) { return slots_.line().rawlink(std::move(link)); }
    /// Unknown or used ids: no effect.
    void unlink(LinkId id) noexcept { slots_.line().unlink(id); }

    /// How many stand in line for a slot: for tests and tools.
    [[nodiscard]] std::size_t waiting() const noexcept { return slots_.line().waiting(); }

private:
    [[nodiscard]] PoolFull pool_full() const;

    std::optional<std::size_t> limit_;
    detail::Slots slots_;
};

}  // namespace grove
