// client_pace.h - how a client keeps up with its request: how long it was waited for, and what it took.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <grove/core/duration.h>

namespace grove::http {

struct ClientPace {
    Duration waited_for_body{};  // by greenlets, and of unknown length before the slot
    Duration waited_for_reader{};
    std::uint64_t taken = 0;        // bytes, since the client was waited for first
    std::uint64_t taken_ahead = 0;  // of these, what was seen to leave the kernel's full buffer

    /// The kernel took them. What it takes while it has room says nothing of the client.
    void count_taken(std::size_t bytes) noexcept {
        if (waited_for_reader == Duration::zero()) return;
        const auto counted = std::min<std::uint64_t>(taken_ahead, bytes);
        taken_ahead -= counted;
        taken += bytes - counted;
    }
    /// Nothing was sent, and `unsent` bytes are left in the kernel's buffer. @return whether the client took some
    bool took_since(std::size_t& unsent_before, std::size_t unsent) noexcept;
    /// It was waited for so long, `timeout` or longer, and took less than `rate` bytes a second.
    [[nodiscard]] bool takes_too_little(Duration waited, Timespan timeout,
                                        std::uint64_t rate) const noexcept;
};

}  // namespace grove::http
