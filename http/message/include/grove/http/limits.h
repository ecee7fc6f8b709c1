// limits.h - bounds for a request's size, and for the time of each of its parts. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <grove/core/duration.h>

namespace grove::http {

/// A number of things a second, on average.
struct Rate {
    double rate = 1;   ///< In each second.
    double burst = 1;  ///< So many may come at once.
};

/// Bounds of one request. A member that is kUnbounded, its type's maximum, sets no bound.
struct Limits {
    /// A member's value for no bound.
    static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();
    static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

    std::size_t request_line = 8190;  ///< Bytes without the CRLF; more: 414.
    std::size_t headers = 100;        ///< Fields in a head, and in a trailer section; more: 431.
    /// Bytes of the field lines with their CRLFs, request line excluded; more: 431.
    std::size_t header_bytes = 32768;
    std::uint64_t body = 16777216;  ///< Bytes of decoded content; more: 413.
    std::uint64_t body_rate = 512;  ///< Bytes a second a slow body must average; 0: any.
    /// Bytes of a body that are received before its request takes a slot; 0: the request does not
    /// wait for its body. The application reads a larger announced body as the body comes.
    std::size_t body_buffer = 65536;
    /// Bytes of all bodies that wait, for their rest or for a slot, in the servers that share a
    /// ConnectionLimit; beyond: 503 for the bodies that wait longest.
    std::size_t buffered = 67108864;
    std::uint64_t write_rate = 512;  ///< Bytes a second a slow reader must take; 0: any.
    /// Open connections from one address (IPv6: one /64). Trusted proxies and unix sockets have no
    /// bound. Beyond: a plain client is sent 503, a TLS client nothing, and the connection is
    /// closed.
    std::size_t connections_per_ip = kUnbounded;
    /// Requests of one address (behind trusted proxies, of the client they tell of); more: 429.
    std::optional<Rate> requests_per_ip{};
    /// Requests that may run on without a slot because their clients are slow; others keep theirs.
    std::size_t slow = kUnbounded;
    /// Requests that may run on after Environ::release_slot(); more: 503.
    std::size_t detached = 10'000;
    /// Event streams that may be open at once; more: 503.
    std::size_t event_streams = 10'000;
    /// WebSockets that may be open at once; more: 503.
    std::size_t websockets = 10'000;
    /// Bytes of a message that a WebSocket receives, inflated; more: the WebSocket is closed with
    /// code 1009.
    std::size_t websocket_message = 1'048'576;
    /// Frames of such a message; more: the WebSocket is closed with code 1008.
    std::size_t websocket_frames = 1'024;
};

/// How long each part of a request may take. nullopt: no bound.
struct Timeouts {
    /// From the head's first byte to its end, however slowly it drips: 408.
    Timespan header = std::chrono::seconds{10};
    /// Without a byte, or below limits.body_rate once so much time has passed: 408.
    Timespan body = std::chrono::seconds{30};
    /// Between requests, and before the first request: the connection is closed silently.
    Timespan idle = std::chrono::seconds{75};
    /// Since the client last took a byte, or below limits.write_rate once so much time has passed:
    /// the connection is cut.
    Timespan write = std::chrono::seconds{30};
    /// From the connection's start to the end of the handshake: the connection is closed.
    Timespan tls_handshake = std::chrono::seconds{10};
    /// From when the request joins the line for a slot (with its body, where the body is waited
    /// for) until the application has returned and a generator has made its last piece: 503.
    Timespan request{};
    /// How long an application may wait for its request's body, in all, before it goes on without
    /// its slot; and how long a body of unknown length may take before its request has a slot.
    /// nullopt: no slot is lost this way.
    Timespan body_slot = std::chrono::seconds{2};
    /// The same for an application that waits for its client to take what it sends.
    Timespan write_slot = std::chrono::seconds{2};
    /// How long an application may go on after its client was reset, a write to it has failed or
    /// its TLS is broken: then ClientGone is thrown into it. nullopt: as long as it likes.
    Timespan abandoned{};
    /// A WebSocket's client that has sent nothing for so long is sent a ping. nullopt: none.
    Timespan websocket_ping = std::chrono::seconds{30};
    /// How long that client may go on sending nothing: the connection is cut.
    Timespan websocket_pong = std::chrono::seconds{20};
};

}  // namespace grove::http
