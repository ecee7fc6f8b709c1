// gate.h - holds threads, and waits for them, in tests of thread pools.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include <grove/core/greenlet.h>
#include <grove/pool/thread_pool.h>

namespace grove::test {

/// Holds a thread until it is told to let go.
class Gate {
public:
    void pass() const {
        while (!open_) std::this_thread::yield();
    }
    void open() { open_ = true; }

private:
    std::atomic<bool> open_ = false;
};

inline void wait_until_size(const ThreadPool& pool, std::size_t size) {
    while (pool.size() != size) sleep(std::chrono::milliseconds{1});
}

}  // namespace grove::test
