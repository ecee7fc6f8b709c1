// metrics.h - what servers count of their requests and connections.
//
// Whole words of memory with one writer, that other threads and processes may read at any time: a count
// that they see never goes back.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/overflow_note.h>
#include <grove/http/request_note.h>

namespace grove::http {

/// A number. Written by one thread, which pays for it no more than for a plain one; read by any.
class Tally {
public:
    /// The writer's.
    void add(std::uint64_t more = 1) noexcept { set(value() + more); }
    /// The writer's.
    void subtract(std::uint64_t less = 1) noexcept { set(value() - less); }
    /// The writer's.
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    /// As it is now.
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // else no other process could
};

/// Of all servers of one thread that were given it. Never allocates, never switches.
struct GROVE_EXPORT ServerMetrics {
    static constexpr std::size_t kStatuses = 1000;                  ///< 0 to 999.
    static constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};  ///< For pool_size.
    /// Upper bounds of the classes of durations, each included; above the last there is one more class.
    static constexpr std::array<Duration, 14> kDurationBounds{
        std::chrono::microseconds{100},  std::chrono::microseconds{250},
        std::chrono::microseconds{500},  std::chrono::milliseconds{1},
        std::chrono::microseconds{2500}, std::chrono::milliseconds{5},
        std::chrono::milliseconds{10},   std::chrono::milliseconds{25},
        std::chrono::milliseconds{50},   std::chrono::milliseconds{100},
        std::chrono::milliseconds{250},  std::chrono::seconds{1},
        std::chrono::seconds{5},         std::chrono::seconds{30}};

    // Counts since ever.
    std::array<Tally, kStatuses> requests{};                    ///< By status; 0: none was sent.
    std::array<Tally, kDurationBounds.size() + 1> durations{};  ///< How many in each class.
    Tally duration_nanoseconds{};                               ///< Of all of them.
    Tally unkillable{};  ///< Requests that went on a second after timeouts.request had ended them.

    // As it is now.
    Tally connections{};  ///< Open, idle ones too.
    Tally idle{};         ///< Connections between requests, and those that never spoke.
    Tally in_flight{};    ///< Requests from the complete head to the end of the response.
    Tally pool_in_use{};  ///< Of them: those with a slot.
    Tally slow{};         ///< Of them: those that run without one, as their clients are slow.
    Tally detached{};     ///< Of them: those whose applications gave it back.
    Tally pool_size{};    ///< Slots; set by whoever makes the pool, kUnbounded if it is.

    RequestNote note{};       ///< The request that was begun last, until it ends.
    OverflowNote overflow{};  ///< Of a greenlet's stack, if the process dies of one.

    void count_request(int status) noexcept;          ///< One more answer of that status.
    void count_duration(Duration duration) noexcept;  ///< One more request that took so long.
};

}  // namespace grove::http
