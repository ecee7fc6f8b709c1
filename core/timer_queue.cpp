#include "timer_queue.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <grove/core/detail/assert.h>

namespace grove {

bool TimerQueue::before(const Timer& a, const Timer& b) noexcept {
    return a.deadline_ != b.deadline_ ? a.deadline_ < b.deadline_ : a.order_ < b.order_;
}

Timer* TimerQueue::meld(Timer* a, Timer* b) noexcept {
    if (before(*b, *a)) std::swap(a, b);
    b->prev_ = a;
    b->next_ = a->child_;
    if (b->next_ != nullptr) b->next_->prev_ = b;
    a->child_ = b;
    return a;
}

// Two passes without recursion: pairs from left to right, then the pairs' winners from right to
// left.
Timer* TimerQueue::merge_siblings(Timer* eldest) noexcept {
    Timer* pairs = nullptr;  // a stack through next_
    while (eldest != nullptr) {
        Timer* first = eldest;
        Timer* second = first->next_;
        eldest = second != nullptr ? second->next_ : nullptr;
        first->next_ = first->prev_ = nullptr;
        if (second != nullptr) {
            second->next_ = second->prev_ = nullptr;
            first = meld(first, second);
        }
        first->next_ = pairs;
        pairs = first;
    }
    Timer* root = nullptr;
    while (pairs != nullptr) {
        Timer* rest = std::exchange(pairs->next_, nullptr);
        root = root != nullptr ? meld(root, pairs) : pairs;
        pairs = rest;
    }
    return root;
}

void TimerQueue::arm(Timer& timer, Timer::Instant deadline) noexcept {
    GROVE_ASSERT(!timer.armed(), "a timer was armed twice");
    timer.deadline_ = deadline;
    timer.order_ = ++last_order_;
    const auto carried_into = static_cast<std::size_t>(std::countr_one(occupied_));
    const std::size_t place = std::min(carried_into, kTrees - 1);
    Timer* tree = &timer;
    for (std::size_t carried = 0; carried < place; ++carried)
        tree = meld(std::exchange(trees_[carried], nullptr), tree);
    trees_[place] = trees_[place] == nullptr ? tree : meld(trees_[place], tree);
    occupied_ = (occupied_ >> place | 1) << place;
    if (first_ == nullptr || before(timer, *first_)) first_ = &timer;
}

void TimerQueue::remove(Timer& timer) noexcept {
    Timer* const children = merge_siblings(std::exchange(timer.child_, nullptr));
    if (timer.prev_ == nullptr) {
        remove_root(timer, children);
    } else {  // they are due no earlier than its parent is
        Timer* const in_place = children != nullptr ? children : timer.next_;
        if (children != nullptr) {
            children->prev_ = timer.prev_;
            children->next_ = timer.next_;
        }
        if (timer.next_ != nullptr)
            timer.next_->prev_ = children != nullptr ? children : timer.prev_;
        (timer.prev_->child_ == &timer ? timer.prev_->child_ : timer.prev_->next_) = in_place;
    }
    timer.next_ = timer.prev_ = nullptr;
    timer.order_ = 0;
}

void TimerQueue::remove_root(Timer& timer, Timer* children) noexcept {
    Timer* first = nullptr;
    for (std::uint64_t left = occupied_; left != 0; left &= left - 1) {
        Timer*& tree = trees_[static_cast<std::size_t>(std::countr_zero(left))];
        if (tree == &timer) tree = children;
        if (tree == nullptr) {
            occupied_ &= ~(left & -left);
        } else if (first == nullptr || before(*tree, *first)) {
            first = tree;
        }
    }
    first_ = first;
}

void TimerQueue::cancel(Timer& timer) noexcept {
    if (timer.armed()) remove(timer);
}

void TimerQueue::expire(Timer::Instant now) noexcept {
    const std::uint64_t armed_before = last_order_;
    while (first_ != nullptr && first_->deadline_ <= now && first_->order_ <= armed_before) {
        Timer& due = *first_;
        remove(due);
        due.expired();
    }
}

}  // namespace grove
