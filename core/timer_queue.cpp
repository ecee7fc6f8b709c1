#include "timer_queue.h"

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
    root_ = root_ != nullptr ? meld(root_, &timer) : &timer;
}

void TimerQueue::remove(Timer& timer) noexcept {
    Timer* children = merge_siblings(std::exchange(timer.child_, nullptr));
    if (&timer == root_) {
        root_ = children;
    } else {
        if (timer.prev_->child_ == &timer) {
            timer.prev_->child_ = timer.next_;
        } else {
            timer.prev_->next_ = timer.next_;
        }
        if (timer.next_ != nullptr) timer.next_->prev_ = timer.prev_;
        if (children != nullptr) root_ = meld(root_, children);
    }
    timer.next_ = timer.prev_ = nullptr;
    timer.order_ = 0;
}

void TimerQueue::cancel(Timer& timer) noexcept {
    if (timer.armed()) remove(timer);
}

void TimerQueue::expire(Timer::Instant now) noexcept {
    const std::uint64_t armed_before = last_order_;
    while (root_ != nullptr && root_->deadline_ <= now && root_->order_ <= armed_before) {
        Timer& due = *root_;
        remove(due);
        due.expired();
    }
}

}  // namespace grove
