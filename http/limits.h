// limits.h - how much of a request is read before it is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace grove::http {

/// Bounds of one request. A member at its type's maximum, kUnbounded, is no bound.
struct Limits {
    static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();
    static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

    std::size_t request_line = 8190;  ///< Bytes without the CRLF; more: 414.
    std::size_t headers = 100;        ///< Fields in a head, and in a trailer section; more: 431.
    std::size_t header_bytes =
        32768;                      ///< Field lines with their CRLFs, request line excluded: 431.
    std::uint64_t body = 16777216;  ///< Bytes of decoded content; more: 413.
    std::uint64_t body_rate = 512;  ///< Bytes a second a slow body must average; 0: any.
};

}  // namespace grove::http
