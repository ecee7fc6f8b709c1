// published.h - a word that one thread writes and other threads may read.
#pragma once

#include <atomic>

namespace grove::detail {

/// On x86-64 it costs its writer no more than a plain word.
template <class T>
class Published {
public:
    explicit Published(T value = T{}) noexcept : value_{value} {}

    operator T() const noexcept { return value_.load(std::memory_order_acquire); }
    T operator->() const noexcept { return *this; }
    Published& operator=(T value) noexcept {
        value_.store(value, std::memory_order_release);
        return *this;
    }

    /// Stores in the one order in which all threads see such stores and loads.
    void store_in_order(T value) noexcept { value_.store(value, std::memory_order_seq_cst); }
    [[nodiscard]] T load_in_order() const noexcept {
        return value_.load(std::memory_order_seq_cst);
    }

private:
    std::atomic<T> value_;
};

}  // namespace grove::detail
