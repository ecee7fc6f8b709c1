// handoff.h - a line whose heads are given something at once: a permit, an item, room.
//
// Whoever has something to give, and finds a taker at the head of the line, gives it to that one
// there and then. It never lies about in between, so nobody who comes later can overtake.
#pragma once

#include <grove/core/detail/wait_list.h>
#include <grove/core/detail/waiter.h>

namespace grove {

class HandoffLine : public WaitList {
public:
    /// A greenlet that will own what it is given heads the line.
    [[nodiscard]] bool taker_waits() const noexcept {
        return !empty() && front()->kind() == WaitNode::Kind::kTaker;
    }
    /// What the taker at the head gave to its Waiter: where the thing is put, or taken from.
    /// @pre taker_waits()
    template <class T>
    [[nodiscard]] T& parcel() const noexcept {
        return *static_cast<T*>(static_cast<const Waiter*>(front())->parcel());
    }
    /// Gives the taker at the head its turn: the thing is its own now. False: none waits.
    bool hand_over() noexcept {
        if (!taker_waits()) return false;
        notify_front();
        return true;
    }
    /// Wakes all with `word`, which tells them that they get nothing. @pre all are Waiters
    void turn_away(int word) noexcept {
        while (!empty()) static_cast<Waiter*>(front())->wake(word);
    }
};

}  // namespace grove
