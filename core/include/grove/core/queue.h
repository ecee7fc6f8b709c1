// queue.h - items that one greenlet puts and another gets (gevent.queue).
//
// Thread: all calls throw std::logic_error on any thread but the hub's.
// Order:  getters are served first come, first served, and so are putters: an item put while a
//         getter waits is that getter's at once, and nobody overtakes.
//
// put(item, block, timeout)  throws Full if there is no room and `block` is false, or `timeout` has
//         passed (`timeout` is ignored without `block`). If the wait is interrupted, nothing is
//         left in the queue, but the argument has been moved from; try_put() moves only on success.
// get(block, timeout)        throws Empty likewise. A call that throws takes nothing.
// In the hub both act as if `block` were false. A negative timeout throws std::invalid_argument.
// After shutdown() both throw ShutDown, but get() first drains what is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <grove/core/detail/basic_queue.h>
#include <grove/core/detail/notifier.h>
#include <grove/core/detail/queue_store.h>

namespace grove {
namespace detail {

/// A queue that keeps its items. Must outlive its waiters (asserted).
template <class T, class Store>
class KeepingQueue : public BasicQueue<T, Store> {
    using Base = BasicQueue<T, Store>;

public:
    /// @param maxsize items that it holds at most; nullopt and 0: no bound
    explicit KeepingQueue(std::optional<std::size_t> maxsize = {}, std::vector<T> items = {},
                          Store store = Store{})
        : Base{Base::bound(maxsize), std::move(store)} {
        for (T& item : items) this->fill(item);
    }

    /// A copy of the item that get() would give next; the item stays. Blocks and throws as get().
    T peek(bool block = true, Timespan timeout = {}) { return this->look(block, timeout); }
    T peek_nowait() { return peek(false); }  ///< peek(false). Never blocks.
    /// More room admits waiting putters; less room drops nothing. nullopt and 0: no bound.
    void set_maxsize(std::optional<std::size_t> maxsize) { this->raise(Base::bound(maxsize)); }
};

}  // namespace detail

/// First in, first out. Its members are those of detail::KeepingQueue and detail::BasicQueue.
template <class T>
class Queue : public detail::KeepingQueue<T, detail::FifoStore<T>> {
public:
    /// @param maxsize items that it holds at most; nullopt and 0: no bound
    /// @param items items that it begins with, even if they are more than `maxsize`
    explicit Queue(std::optional<std::size_t> maxsize = {}, std::vector<T> items = {})
        : detail::KeepingQueue<T, detail::FifoStore<T>>{maxsize, std::move(items)} {}
};

/// Last in, first out. Members as Queue.
template <class T>
class LifoQueue : public detail::KeepingQueue<T, detail::LifoStore<T>> {
public:
    /// As Queue's.
    explicit LifoQueue(std::optional<std::size_t> maxsize = {}, std::vector<T> items = {})
        : detail::KeepingQueue<T, detail::LifoStore<T>>{maxsize, std::move(items)} {}
};

/// Smallest first. Members as Queue. If the comparator throws, the call throws and the queue is
/// unchanged.
template <class T, class Less = std::less<T>>
class PriorityQueue : public detail::KeepingQueue<T, detail::HeapStore<T, Less>> {
    using Store = detail::HeapStore<T, Less>;

public:
    /// As Queue's; `less` orders the items.
    explicit PriorityQueue(std::optional<std::size_t> maxsize = {}, std::vector<T> items = {},
                           Less less = {})
        : detail::KeepingQueue<T, Store>{maxsize, std::move(items), Store{std::move(less)}} {}
};

/// A Queue that counts the items that are not done yet.
template <class T>
class JoinableQueue : public Queue<T> {
public:
    using Queue<T>::Queue;

    /// Says that an item from get() is done. @throws std::logic_error if no item is unfinished
    void task_done() {
        news_.check_thread("JoinableQueue::task_done()");
        if (unfinished() == 0)
            throw std::logic_error{"JoinableQueue::task_done(): no item is unfinished"};
        finish(1);
    }
    /// Blocks until no item that entered is unfinished. @return false: `timeout` passed first
    bool join(Timespan timeout = {}) {
        news_.check_thread("JoinableQueue::join()");
        return unfinished() == 0 || news_.wait(timeout);
    }
    /// As Queue::shutdown(). With `immediate`, the items that are dropped count as done.
    void shutdown(bool immediate = false) {
        if (const std::size_t dropped = this->close(immediate)) finish(dropped);
    }
    /// Items that entered and are not done.
    [[nodiscard]] std::size_t unfinished() const noexcept {
        return static_cast<std::size_t>(this->entered() - done_);
    }

private:
    void finish(std::size_t items) {
        done_ += items;
        if (unfinished() == 0) news_.tell();
    }

    std::uint64_t done_ = 0;
    Notifier news_{"a JoinableQueue"};
};

/// A rendezvous: it holds no item, and put() returns when a getter has taken the item. It is always
/// empty() and full().
template <class T>
class Channel : public detail::BasicQueue<T, detail::NoStore<T>> {
public:
    Channel() : detail::BasicQueue<T, detail::NoStore<T>>{0} {}
};

}  // namespace grove
