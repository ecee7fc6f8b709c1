// slot.h - the right to run one task of a pool, as a token that is given back exactly once.
//
// Nothing here is for users; it is public because mapping is a template. Thread: its hub's.
#pragma once

#include <cstddef>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>
#include <grove/core/semaphore.h>

namespace grove::detail {

class Slots;

/// One slot, owned: whoever holds the token last gives it back by destroying it.
class GROVE_EXPORT Slot {
public:
    Slot() noexcept = default;  ///< None; what groups without a limit run on.
    explicit Slot(Slots& owner) noexcept : owner_{&owner} {}
    Slot(Slot&& other) noexcept : owner_{std::exchange(other.owner_, nullptr)} {}
    Slot& operator=(Slot&& other) noexcept {
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~Slot() { give_back(); }

    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    void give_back() noexcept;  ///< To the oldest in line at once, if there is one. Never switches.

private:
    Slots* owner_ = nullptr;
};

/// The slots of one pool, and the line for them: first come, first served, nobody overtakes.
class GROVE_EXPORT Slots {
public:
    explicit Slots(std::size_t count);
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;

    /// Never switches. @return none iff none is free, or others stand in line
    [[nodiscard]] Slot try_take();
    /// Switches until a slot is there, at most `timeout`; then none.
    /// @throws what interrupts the wait; nothing was taken
    [[nodiscard]] Slot take(Timespan timeout);

    /// How many try_take() would succeed now.
    [[nodiscard]] std::size_t free() const noexcept {
        return static_cast<std::size_t>(semaphore_.available());
    }
    /// More slots are handed out at once; fewer, when those in use come back.
    void resize(std::size_t count);

    /// The line itself, for those who only look, and for links.
    [[nodiscard]] Semaphore& line() noexcept { return semaphore_; }
    [[nodiscard]] const Semaphore& line() const noexcept { return semaphore_; }

private:
    friend class Slot;

    std::size_t count_;
    std::size_t owed_ = 0;  // slots in use that a resize() took away: they vanish when they return
    Semaphore semaphore_;
};

/// A place in the line that no greenlet stands in: told, it owns a slot. Destroyed, it has left the
/// line or given the slot back.
class GROVE_EXPORT SlotRequest : public WaitNode {
public:
    [[nodiscard]] Slot take() noexcept { return std::move(slot_); }

protected:
    explicit SlotRequest(Slots& slots) noexcept : WaitNode{Kind::kTaker}, slots_{slots} {}
    ~SlotRequest() override = default;

    void enqueue() noexcept { slots_.line().enqueue(*this); }  ///< @pre try_take() just failed
    virtual void granted() noexcept = 0;                       ///< On any stack: must not block.

private:
    void notify() noexcept final {
        slot_ = Slot{slots_};
        granted();
    }

    Slots& slots_;
    Slot slot_;
};

}  // namespace grove::detail
