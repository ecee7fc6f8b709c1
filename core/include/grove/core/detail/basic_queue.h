// basic_queue.h - the part that all queues share: a line of getters and a line of putters.
//
// Users reach it through queue.h alone. Invariants: while a getter waits, the store is
// empty; while a putter waits, the store is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/export.h>
#include <grove/core/detail/handoff.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/hub.h>

namespace grove::detail {

[[noreturn]] GROVE_EXPORT void refuse_empty();
[[noreturn]] GROVE_EXPORT void refuse_full();
[[noreturn]] GROVE_EXPORT void refuse_shut_down();
GROVE_EXPORT void check_queue_thread(const Hub& hub, const char* call);
/// @throws std::invalid_argument if `timeout` is negative
GROVE_EXPORT void check_queue_timeout(Timespan timeout);

/// The members of every queue. The head of queue.h says when they block and what they throw.
template <class T, class Store>
class BasicQueue {
public:
    /// Takes the items one by one: for (T item : queue). It ends when the queue is shut down and
    /// drained.
    class Iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;

        explicit Iterator(BasicQueue& queue) : queue_{&queue}, item_{queue.next()} {}
        /// Hands the item over; to be called once for each step.
        T operator*() const { return std::move(*item_); }
        Iterator& operator++() {
            item_ = queue_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& iterator, std::default_sentinel_t) noexcept {
            return !iterator.item_;
        }

    private:
        BasicQueue* queue_;
        mutable std::optional<T> item_;
    };

    BasicQueue(const BasicQueue&) = delete;
    BasicQueue& operator=(const BasicQueue&) = delete;

    /// Blocks while there is no room (unless `block` is false), at most `timeout`. On return the
    /// item is in the queue, or a getter has it.
    /// @throws Full, ShutDown; std::invalid_argument for a negative `timeout`
    void put(T item, bool block = true, Timespan timeout = {}) {
        check_queue_thread(hub_, "put()");
        if (enter(item)) return;
        if (!block || hub_.in_hub()) refuse_full();
        check_queue_timeout(timeout);
        Offer offer{&item};
        Waiter waiter{WaitNode::Kind::kTaker, "room in a Queue", &offer};
        putters_.push_back(waiter);
        if (!waiter.block(timeout)) refuse_full();
        if (waiter.word() != 0) refuse_shut_down();
        if (offer.error != nullptr) std::rethrow_exception(offer.error);
    }
    void put_nowait(T item) { put(std::move(item), false); }  ///< put(item, false). Never blocks.
    /// Puts `item` if that needs no wait, and moves from it only then. Never blocks.
    /// @return false: put() would have to wait. @throws ShutDown
    bool try_put(T& item) {
        check_queue_thread(hub_, "try_put()");
        return enter(item);
    }

    /// Blocks while there is no item (unless `block` is false), at most `timeout`.
    /// @throws Empty; ShutDown if it is shut down and nothing is left; std::invalid_argument for a
    /// negative `timeout`
    T get(bool block = true, Timespan timeout = {}) {
        check_queue_thread(hub_, "get()");
        if (can_take()) return take();
        if (shut_) refuse_shut_down();
        if (!block || hub_.in_hub()) refuse_empty();
        check_queue_timeout(timeout);
        std::optional<T> slot;
        if (!wait_for_item(slot, timeout)) refuse_empty();
        if (!slot) refuse_shut_down();
        return std::move(*slot);
    }
    T get_nowait() { return get(false); }  ///< get(false). Never blocks.

    /// The number of items in it now.
    [[nodiscard]] std::size_t qsize() const noexcept { return store_.size(); }
    /// get() would have to wait.
    [[nodiscard]] bool empty() const noexcept { return store_.size() == 0; }
    /// put() would have to wait, unless a getter waits.
    [[nodiscard]] bool full() const noexcept { return store_.size() >= most_; }

    /// From now on nothing can be put; items in the queue can still be got, unless `immediate`
    /// drops them. Calls that wait throw ShutDown. Never switches. A second call has no effect but
    /// to drop items, if `immediate`.
    void shutdown(bool immediate = false) { close(immediate); }

    /// Input iterators: begin() takes the first item and may block; the end is a queue that is shut
    /// down and drained.
    [[nodiscard]] Iterator begin() { return Iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }  ///< See begin().

protected:
    /// @cond  For the queues made of it.
    static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();

    explicit BasicQueue(std::size_t most, Store store = Store{})
        : hub_{get_hub()}, most_{most}, store_{std::move(store)} {}
    ~BasicQueue() {
        GROVE_ASSERT(getters_.empty() && putters_.empty() && peekers_.empty(),
                     "a Queue was destroyed under its waiters");
    }

    [[nodiscard]] static std::size_t bound(std::optional<std::size_t> maxsize) noexcept {
        return maxsize.value_or(0) == 0 ? kUnbounded : *maxsize;
    }
    void fill(T& item) {
        store_.push(item);
        ++entered_;
    }
    void raise(std::size_t most) {
        check_queue_thread(hub_, "set_maxsize()");
        most_ = most;
        admit_putters();
    }
    T look(bool block, Timespan timeout) {
        check_queue_thread(hub_, "peek()");
        if (!empty()) return store_.front();
        check_queue_timeout(timeout);
        for (const Deadline deadline{timeout}; empty();) {
            if (shut_) refuse_shut_down();
            if (!block || hub_.in_hub()) refuse_empty();
            Waiter waiter{WaitNode::Kind::kLooker, "an item of a Queue"};
            peekers_.push_back(waiter);
            if (!waiter.block(deadline.left())) refuse_empty();
        }
        return store_.front();
    }
    /// @return the number of items dropped
    std::size_t close(bool immediate) {
        check_queue_thread(hub_, "shutdown()");
        shut_ = true;
        for (HandoffLine* line : {&getters_, &putters_, &peekers_}) line->turn_away(kTurnedAway);
        const std::size_t dropped = immediate ? qsize() : 0;
        if (dropped != 0) store_.clear();
        return dropped;
    }
    /// Items that ever entered.
    [[nodiscard]] std::uint64_t entered() const noexcept { return entered_; }
    [[nodiscard]] const Hub& hub() const noexcept { return hub_; }
    /// @endcond

private:
    static constexpr int kTurnedAway = 1;

    // The item that a blocked putter offers; its error, if the store refused the item.
    struct Offer {
        T* item;
        std::exception_ptr error{};
    };

    static constexpr bool kKeeps = requires(Store & store, T& item) { store.push(item); };

    bool enter(T& item) {
        if (shut_) refuse_shut_down();
        if (getters_.taker_waits()) {
            getters_.template parcel<std::optional<T>>().emplace(std::move(item));
            getters_.hand_over();
            ++entered_;
            return true;
        }
        if constexpr (kKeeps) {
            if (full()) return false;
            fill(item);
            while (!peekers_.empty()) peekers_.notify_front();
            return true;
        }
        return false;
    }

    [[nodiscard]] bool can_take() const noexcept { return !empty() || putters_.taker_waits(); }

    T take() {
        if constexpr (kKeeps) {
            T item = store_.pop();
            admit_putters();
            return item;
        } else {
            T item = std::move(*putters_.template parcel<Offer>().item);
            putters_.hand_over();
            ++entered_;
            return item;
        }
    }

    void admit_putters() noexcept {
        if constexpr (kKeeps) {
            while (!full() && putters_.taker_waits()) {
                Offer& offer = putters_.template parcel<Offer>();
                try {
                    fill(*offer.item);
                } catch (...) {
                    offer.error = std::current_exception();  // its putter's, not ours
                }
                putters_.hand_over();
            }
        }
    }

    // False: out of time. True with an empty slot: turned away.
    bool wait_for_item(std::optional<T>& slot, Timespan timeout) {
        Waiter waiter{WaitNode::Kind::kTaker, "an item of a Queue", &slot};
        getters_.push_back(waiter);
        return waiter.block(timeout);
    }

    std::optional<T> next() {
        check_queue_thread(hub_, "an iterator's ++");
        if (can_take()) return take();
        if (shut_) return std::nullopt;
        std::optional<T> slot;
        wait_for_item(slot, std::nullopt);
        return slot;
    }

    Hub& hub_;
    std::size_t most_;
    Store store_;
    HandoffLine getters_;
    HandoffLine putters_;
    HandoffLine peekers_;
    std::uint64_t entered_ = 0;
    bool shut_ = false;
};

}  // namespace grove::detail
