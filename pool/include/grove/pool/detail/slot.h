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

/// One slot, owned. Destroying the token gives the slot back.
class GROVE_EXPORT Slot {
public:
    Slot() noexcept = default;  ///< None: for groups without a limit.
    explicit Slot(Slots& owner) noexcept : owner_{&owner} {}
    Slot(Slot&& other) noexcept : owner_{std::exchange(other.owner_, nullptr)} {}
    Slot& operator=(Slot&& other) noexcept {
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~Slot() { give_back(); }

    [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
    void give_back() noexcept;  ///< At once to the oldest in line, if any. Never switches.

private:
    Slots* owner_ = nullptr;
};

/// The slots of one pool, and the line for them: first come, first served, nobody overtakes.
class GROVE_EXPORT Slots {
public:
    explicit Slots(std::size_t count);
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;

    /// Takes a slot. Never switches. @return none iff no slot is free, or others stand in line
    [[nodiscard]] Slot try_take();
    /// Switches until a slot is there, at most `timeout`. @return none: `timeout` passed first
    /// @throws what interrupts the wait; nothing was taken
    [[nodiscard]] Slot take(Timespan timeout);

    /// How many try_take() would succeed now.
    [[nodiscard]] std::size_t free() const noexcept {
        return static_cast<std::size_t>(semaphore_.available());
    }
    /// More: they are handed out at once. Fewer: they vanish when slots in use come back.
    void resize(std::size_t count);

    /// The line itself, to look at, and for links.
    [[nodiscard]] Semaphore& line() noexcept { return semaphore_; }
    [[nodiscard]] const Semaphore& line() const noexcept { return semaphore_; }

private:
    friend class Slot;

    std::size_t count_;
    std::size_t owed_ = 0;  // slots in use that a resize() took away: they vanish when they return
    Semaphore semaphore_;
};

/// A place in the line in which no greenlet stands. Once told, it owns a slot. Destroying
/// it leaves the line or gives the slot back.
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
