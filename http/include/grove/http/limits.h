// limits.h - how much of a request is read and how long each part may take. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <grove/core/duration.h>

namespace grove::http {

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
};

/// nullopt: no bound.
struct Timeouts {
    Timespan header = std::chrono::seconds{
        10};  ///< From the head's first byte to its end, however it drips: 408.
    Timespan body =
        std::chrono::seconds{30};  ///< Without a byte, or below limits.body_rate after it: 408.
    Timespan idle =
        std::chrono::seconds{75};  ///< Between requests, and before the first: closed silently.
    Timespan write = std::chrono::seconds{30};          ///< Since the client last took a byte: cut.
    Timespan tls_handshake = std::chrono::seconds{10};  ///< From the connection's first: closed.
    Timespan request{};  ///< From the complete head, the wait for a slot included: 503.
};

}  // namespace grove::http
