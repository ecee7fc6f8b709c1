// counter_table.h - which counters and gauges applications have, in memory that processes share.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <pthread.h>

#include <grove/core/detail/export.h>

#include "counter_name.h"

namespace grove::http {

/// Names are added, and never taken away: whoever has the memory reads those that are there without a lock. It may be
/// made in memory of zeros: a name that is not there touches none of it.
class GROVE_EXPORT CounterTable {
public:
    static constexpr std::size_t kMost = 256;

    CounterTable();
    ~CounterTable() = default;  // the lock goes with the memory: others may have it still
    CounterTable(const CounterTable&) = delete;
    CounterTable& operator=(const CounterTable&) = delete;

    /// Its place. Any thread, any process; waits for another that adds one.
    /// @throws as counter() says
    std::size_t find_or_add(CounterName wanted);
    /// At most kMost, whatever another process may have written there.
    [[nodiscard]] std::size_t size() const noexcept {
        return std::min(used_.load(std::memory_order_acquire), kMost);
    }
    /// @pre place < size()
    [[nodiscard]] CounterName at(std::size_t place) const;
    [[nodiscard]] bool is_gauge(std::size_t place) const noexcept {  ///< The same.
        return entries_[place].is_gauge != 0;
    }

private:
    class Lock;
    struct Entry {
        std::uint8_t is_gauge;  // no bool: any byte may be there
        std::uint16_t bytes;
        std::array<char, 1024> text;  // name, help, and each label's name and value, each with '\0'
    };

    pthread_mutex_t mutex_;
    std::atomic<std::size_t> used_{0};
    std::array<Entry, kMost> entries_;  // written before used_ counts them, and never again
};

/// One worker's numbers, by their place in the table.
struct CounterValues {
    std::array<std::atomic<double>, CounterTable::kMost> all{};
    static_assert(std::atomic<double>::is_always_lock_free);  // for other processes
};

}  // namespace grove::http
