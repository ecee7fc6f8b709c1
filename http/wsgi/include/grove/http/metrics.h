// metrics.h - the counts that servers keep of their requests and connections.
//
// Whole words of memory with one writer. Other threads and processes may read them at any time: a
// count that they see never goes back.
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

/// A number. One thread writes it, at the price of a plain number; any thread or process reads it.
class Tally {
public:
    /// For the writer.
    void add(std::uint64_t more = 1) noexcept { set(value() + more); }
    /// For the writer.
    void subtract(std::uint64_t less = 1) noexcept { set(value() - less); }
    /// For the writer.
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    /// As the number is now.
    [[nodiscard]] std::uint64_t value() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // for other processes
};

/// The counts of all servers of one thread that were given it. Never allocates, never switches.
struct GROVE_EXPORT ServerMetrics {
    static constexpr std::size_t kStatuses = 1000;                  ///< 0 to 999.
    static constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};  ///< For pool_size.
    /// Upper bounds of the classes of durations, each included; one more class is above the last.
    static constexpr std::array<Duration, 14> kDurationBounds{
        std::chrono::microseconds{100},  std::chrono::microseconds{250},
        std::chrono::microseconds{500},  std::chrono::milliseconds{1},
        std::chrono::microseconds{2500}, std::chrono::milliseconds{5},
        std::chrono::milliseconds{10},   std::chrono::milliseconds{25},
        std::chrono::milliseconds{50},   std::chrono::milliseconds{100},
        std::chrono::milliseconds{250},  std::chrono::seconds{1},
        std::chrono::seconds{5},         std::chrono::seconds{30}};

    // Counts since the start.
    std::array<Tally, kStatuses> requests{};                    ///< By status; 0: no answer sent.
    std::array<Tally, kDurationBounds.size() + 1> durations{};  ///< Requests in each class.
    Tally duration_nanoseconds{};                               ///< Sum over all requests.
    Tally websocket_messages_in{};   ///< Messages that WebSockets received.
    Tally websocket_messages_out{};  ///< Messages that WebSockets sent.
    /// WebSockets by the code that closed them: 1000 to 1015, and one for all others.
    std::array<Tally, 17> websocket_closes{};
    Tally http2_streams_refused{};  ///< Requests over HTTP/2 that were one too many.
    Tally http2_client_resets{};    ///< RST_STREAM that came for an open stream.
    Tally http2_server_resets{};    ///< RST_STREAM that was sent, REFUSED_STREAM included.
    /// GOAWAY that named the last request, by its error code: 0 to 13, and one for all others.
    std::array<Tally, 15> http2_goaways{};
    Tally unkillable{};  ///< Requests that went on a second after timeouts.request had ended them.

    // As it is now.
    Tally connections{};        ///< Open connections, idle ones included.
    Tally idle{};               ///< Connections between requests, or without any request yet.
    Tally in_flight{};          ///< Requests from the complete head to the end of the response.
    Tally pool_in_use{};        ///< In-flight requests with a slot.
    Tally slow{};               ///< In-flight requests without a slot, as their clients are slow.
    Tally detached{};           ///< In-flight requests whose applications gave their slots back.
    Tally event_streams{};      ///< Open event streams.
    Tally websockets{};         ///< Open WebSockets.
    Tally http2_connections{};  ///< Open connections that speak HTTP/2.
    Tally pool_size{};          ///< Slots; kUnbounded: no bound. Set by whoever makes the pool.

    RequestNote note{};       ///< The request that began last, until it ends.
    OverflowNote overflow{};  ///< Filled if the process dies of a used up stack.

    void count_request(int status) noexcept;          ///< Counts an answer of that status.
    void count_close(int code) noexcept;              ///< Counts a WebSocket's end.
    void count_goaway(std::uint32_t code) noexcept;   ///< Counts a GOAWAY.
    void count_duration(Duration duration) noexcept;  ///< Counts a request that took so long.
};

}  // namespace grove::http
