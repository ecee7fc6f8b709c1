// fair_share.h - how many connections each worker has, for workers that accept from one queue.
//
// The kernel wakes whom it likes, on an idle machine the same one each time. So a worker that has more than
// its share leaves the next connection to the others for a moment.
#pragma once

#include <atomic>
#include <cstddef>

/// Memory that processes share which are forked after it was made. Any process, any thread.
class FairShare {
public:
    /// @throws std::system_error if there is no memory
    explicit FairShare(std::size_t workers);
    ~FairShare();
    FairShare(const FairShare&) = delete;
    FairShare& operator=(const FairShare&) = delete;

    /// Notes how many connections are open in worker `index`. @return whether it has more than its share
    bool exceeded(std::size_t index, std::size_t connections) noexcept;

private:
    std::size_t workers_;
    std::atomic<std::size_t>*
        counts_;  // one each; what a dead worker left is its successor's to set right
};
