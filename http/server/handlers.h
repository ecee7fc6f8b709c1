// handlers.h - the greenlets that serve: spawned as Spawn says, and known, so that stop() finds them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <grove/core/duration.h>
#include <grove/core/greenlet.h>
#include <grove/http/listener.h>
#include <grove/pool/group.h>
#include <grove/pool/pool.h>

namespace grove::http {

class Handlers {
public:
    explicit Handlers(const Spawn& spawn);
    ~Handlers();
    Handlers(const Handlers&) = delete;
    Handlers& operator=(const Handlers&) = delete;

    [[nodiscard]] bool full() const { return pool_ != nullptr && pool_->full(); }

    /// Has `function`, which need not be copyable, run. Never blocks.
    /// @throws PoolFull if full()
    template <class F>
    void start(const SpawnOptions& options, F function) {
        if (how_ == How::kInHub) {
            function();
        } else {
            start(make_greenlet(options, std::move(function)));
        }
    }
    /// The caller, one of them, gives its slot back and runs on. @return false: it has none
    bool lose_slot();

    /// They take slots.
    [[nodiscard]] bool bounded() const noexcept { return pool_ != nullptr; }
    [[nodiscard]] bool in_hub() const noexcept { return how_ == How::kInHub; }
    /// They are not tracked: join() and kill() find none.
    [[nodiscard]] bool raw() const noexcept { return how_ == How::kRaw; }
    [[nodiscard]] bool empty() const noexcept { return tracked().empty() && slotless_.empty(); }

    /// Has `function` called once in the hub when a slot is free; during the call start() may take it. One
    /// call at a time is pending; no effect if unbounded.
    void when_not_full(std::function<void()> function);
    void forget_when_not_full() noexcept;

    /// Waits until none runs. Called by a handler: itself, and others that are in join() or kill(), excepted.
    bool join(Timespan timeout);
    /// Kills all, with the same exceptions, and gives them a second to unwind.
    void kill();

private:
    class Stopping;

    void start(const AnyGreenlet& greenlet);
    [[nodiscard]] Group& tracked() const noexcept { return own_ != nullptr ? *own_ : *pool_; }
    [[nodiscard]] bool stops(const AnyGreenlet& greenlet) const noexcept;
    [[nodiscard]] bool runs_one() const;

    enum class How { kTracked, kRaw, kInHub };

    How how_ = How::kTracked;
    std::shared_ptr<Pool> pool_;         // shared: the user's, perhaps; nullptr: unbounded
    bool foreign_ = false;               // others use the pool too: ours are tracked apart
    std::unique_ptr<Group> own_;         // nullptr: the pool knows them
    Group slotless_;                     // those that lost their slots
    std::vector<AnyGreenlet> stopping_;  // handlers that wait for the others
    LinkId link_ = 0;
    bool linked_ = false;
};

}  // namespace grove::http
