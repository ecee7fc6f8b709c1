// handoff.h - a line whose head is given something at once: a permit, an item, room.
//
// A giver that finds a taker at the head of the line gives it the thing there and then. The thing
// never lies about in between, so no later taker can overtake.
#pragma once

#include <grove/core/detail/wait_list.h>
#include <grove/core/detail/waiter.h>

namespace grove {

class HandoffLine : public WaitList {
public:
    /// A greenlet that will own the thing it is given heads the line.
    [[nodiscard]] bool taker_waits() const noexcept {
        return !empty() && front()->kind() == WaitNode::Kind::kTaker;
    }
    /// The parcel that the taker at the head gave to its Waiter: where the thing is put, or taken
    /// from.
    /// @pre taker_waits()
    template <class T>
    [[nodiscard]] T& parcel() const noexcept {
        return *static_cast<T*>(static_cast<const Waiter*>(front())->parcel());
    }
    /// Gives the taker at the head its turn: the thing is its own now. False: no taker waits.
    bool hand_over() noexcept {
        if (!taker_waits()) return false;
        notify_front();
        return true;
    }
    /// Wakes all with `word`, by which they know that they get nothing. @pre all are Waiters
    void turn_away(int word) noexcept {
        while (!empty()) static_cast<Waiter*>(front())->wake(word);
    }
};

}  // namespace grove
