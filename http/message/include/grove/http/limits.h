// limits.h - how much of a request is read and how long each part may take. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <grove/core/duration.h>

namespace grove::http {

/// A number of things a second, on average.
struct Rate {
    double rate = 1;   ///< A second.
    double burst = 1;  ///< That may come at once.
};

/// Bounds of one request. A member at its type's maximum, kUnbounded, is no bound.
struct Limits {
    /// For a member: no bound.
    static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();
    static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

    std::size_t request_line = 8190;  ///< Bytes without the CRLF; more: 414.
    std::size_t headers = 100;        ///< Fields in a head, and in a trailer section; more: 431.
    std::size_t header_bytes =
        32768;  ///< Field lines with their CRLFs, request line excluded; more: 431.
    std::uint64_t body = 16777216;  ///< Bytes of decoded content; more: 413.
    std::uint64_t body_rate = 512;  ///< Bytes a second a slow body must average; 0: any.
    /// Bytes of a body that are received before its request has a slot; 0: none are waited for. A body that
    /// announces more is read by the application as it comes.
    std::size_t body_buffer = 65536;
    /// Bytes that all bodies which wait for the rest, or for a slot, may hold in the servers that share a
    /// ConnectionLimit; beyond: 503 for those that wait longest.
    std::size_t buffered = 67108864;
    std::uint64_t write_rate = 512;  ///< Bytes a second a slow reader must take; 0: any.
    /// Open connections from one address (IPv6: one /64); trusted proxies and unix sockets have no bound. Beyond: a
    /// plain client is sent 503, a TLS client nothing, and the connection is closed.
    std::size_t connections_per_ip = kUnbounded;
    /// Requests of one address, which trusted proxies tell of theirs; more: 429.
    std::optional<Rate> requests_per_ip{};
    /// Requests that may run on without a slot, as their clients are slow: the others keep theirs.
    std::size_t slow = kUnbounded;
    /// Requests that may run on after Environ::release_slot(); beyond: 503.
    std::size_t detached = 10'000;
};

/// nullopt: no bound.
struct Timeouts {
    Timespan header = std::chrono::seconds{
        10};  ///< From the head's first byte to its end, however it drips: 408.
    Timespan body =
        std::chrono::seconds{30};  ///< Without a byte, or below limits.body_rate after it: 408.
    Timespan idle =
        std::chrono::seconds{75};  ///< Between requests, and before the first: closed silently.
    Timespan write = std::chrono::seconds{30};          ///< Since the client last took a byte, or
                                                        ///< below limits.write_rate after it: cut.
    Timespan tls_handshake = std::chrono::seconds{10};  ///< From the connection's first: closed.
    /// From when the request joins the line for a slot (with its body, where that is waited for) until the
    /// application has returned and, of a generator, has made its last piece: 503.
    Timespan request{};
    /// An application may wait for its request's body, in all, before it goes on without its slot; and a body of
    /// unknown length may take as long before it has one. nullopt: a slot is never lost so.
    Timespan body_slot = std::chrono::seconds{2};
    /// The same of an application that waits for its client to take what it sends.
    Timespan write_slot = std::chrono::seconds{2};
};

}  // namespace grove::http
