// queue_store.h - in which order a queue keeps its items: first in, last in, or smallest first.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace grove::detail {

// A store has size(), front() (the item that pop() gives next), pop(), clear(), and push(T&), which
// moves from its argument only on success.

template <class T>
class FifoStore {
public:
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] const T& front() const { return items_.front(); }
    void push(T& item) { items_.push_back(std::move(item)); }
    T pop() {
        T item = std::move(items_.front());
        items_.pop_front();
        return item;
    }
    void clear() noexcept { items_.clear(); }

private:
    std::deque<T> items_;
};

template <class T>
class LifoStore {
public:
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] const T& front() const { return items_.back(); }
    void push(T& item) { items_.push_back(std::move(item)); }
    T pop() {
        T item = std::move(items_.back());
        items_.pop_back();
        return item;
    }
    void clear() noexcept { items_.clear(); }

private:
    std::vector<T> items_;
};

/// A binary heap that compares first and moves afterwards: a comparator that throws changes
/// nothing.
template <class T, class Less>
class HeapStore {
public:
    explicit HeapStore(Less less = {}) : less_{std::move(less)} {}

    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] const T& front() const { return items_.front(); }

    void push(T& item) {
        path_.clear();
        for (std::size_t place = items_.size(); place > 0;) {
            place = (place - 1) / 2;
            if (!less_(std::as_const(item), std::as_const(items_[place]))) break;
            path_.push_back(place);
        }
        items_.push_back(std::move(item));
        move_along(items_.size() - 1);
    }

    T pop() {
        const std::size_t last = items_.size() - 1;
        path_.clear();
        for (std::size_t child = 1; child < last; child = 2 * child + 1) {
            if (child + 1 < last && less_(items_[child + 1], items_[child])) ++child;
            if (!less_(std::as_const(items_[child]), std::as_const(items_[last]))) break;
            path_.push_back(child);
        }
        std::swap(items_.front(), items_.back());
        T item = std::move(items_.back());
        items_.pop_back();
        move_along(0);
        return item;
    }
    void clear() noexcept { items_.clear(); }

private:
    // Brings the item at `place` to the end of path_; each item on the path takes the place before
    // it.
    void move_along(std::size_t place) {
        for (const std::size_t next : path_) {
            std::swap(items_[place], items_[next]);
            place = next;
        }
    }

    Less less_;
    std::vector<T> items_;
    std::vector<std::size_t> path_;
};

/// The store of a Channel: keeps nothing.
template <class T>
class NoStore {
public:
    [[nodiscard]] static std::size_t size() noexcept { return 0; }
    static void clear() noexcept {}
};

}  // namespace grove::detail
