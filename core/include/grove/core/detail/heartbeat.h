// heartbeat.h - since when a thread has not looked at its loop, for a watcher elsewhere.
//
// One word of memory, which other processes may share. The loop writes the word around its poll; a
// thread that has nothing to do stays in the poll and never wakes for its heartbeat.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <grove/core/detail/export.h>
#include <grove/core/detail/timer.h>

namespace grove {

/// Shown by a loop (Loop::show), read by any thread or process.
class GROVE_EXPORT Heartbeat {
public:
    // ---- for the watcher: any thread, any process
    /// When the thread last came back from its poll; nullopt: it is polling, or shows nothing.
    [[nodiscard]] std::optional<Timer::Instant> busy_since() const noexcept {
        const std::int64_t word = word_.load(std::memory_order_acquire);
        if (word <= kPolls) return std::nullopt;
        return Timer::Instant{word};
    }
    /// Asks to be told, once, when the thread goes on from its poll.
    /// @return false: the thread has gone on already
    bool ask() noexcept {
        std::int64_t word = kPolls;
        return word_.compare_exchange_strong(word, kAsked) || word == kAsked;
    }

    /// ask() was called, and the thread has not gone on since.
    [[nodiscard]] bool asked() const noexcept {
        return word_.load(std::memory_order_acquire) == kAsked;
    }

    /// For the loop, before it waits.
    void rest() noexcept { word_.store(kPolls, std::memory_order_release); }
    /// @return true: somebody asked to be told
    bool go_on(Timer::Instant now) noexcept { return word_.exchange(now.count()) == kAsked; }

private:
    static constexpr std::int64_t kPolls = 0;
    static constexpr std::int64_t kAsked = -1;

    std::atomic<std::int64_t> word_{kPolls};
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);  // other processes read it
};

}  // namespace grove
