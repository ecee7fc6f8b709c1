// heartbeat.h - since when a thread has not looked at its loop, for who watches it from elsewhere.
//
// One word of memory, which other processes may share. The loop writes it around its poll; a thread
// that has nothing to do lies in that poll and never wakes for it.
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
    // ---- who watches; any thread, any process
    /// When the thread last came back from its poll; nullopt: it polls, or shows nothing.
    [[nodiscard]] std::optional<Timer::Instant> busy_since() const noexcept {
        const std::int64_t word = word_.load(std::memory_order_acquire);
        if (word <= kPolls) return std::nullopt;
        return Timer::Instant{word};
    }
    /// Wants to be told, once, when the thread goes on from its poll.
    /// @return false: it has gone on already
    bool ask() noexcept {
        std::int64_t word = kPolls;
        return word_.compare_exchange_strong(word, kAsked) || word == kAsked;
    }

    /// ask() was called, and the thread has not gone on since.
    [[nodiscard]] bool asked() const noexcept {
        return word_.load(std::memory_order_acquire) == kAsked;
    }

    // ---- the loop
    void rest() noexcept { word_.store(kPolls, std::memory_order_release); }
    /// @return somebody wants to be told
    bool go_on(Timer::Instant now) noexcept { return word_.exchange(now.count()) == kAsked; }

private:
    static constexpr std::int64_t kPolls = 0;
    static constexpr std::int64_t kAsked = -1;

    std::atomic<std::int64_t> word_{kPolls};
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);  // else no other process could
};

}  // namespace grove
