// http2_options.h - the options of HTTP/2 (RFC 9113). Plain values.
#pragma once

#include <cstddef>

#include <grove/http/limits.h>

namespace grove::http {

/// Bounds of one connection that speaks HTTP/2. For its requests, Limits and Timeouts hold.
struct Http2Options {
    /// Requests that run or wait at once, 1 to 2^31-1; more are refused (REFUSED_STREAM).
    std::size_t streams = 100;
    /// Bytes of one body that a client may send ahead of its reader, 1 to 2^31-1.
    std::size_t stream_window = 65'536;
    /// The same of all bodies of the connection together, 65,535 to 2^31-1.
    std::size_t connection_window = 1'048'576;
    /// Streams that a client may reset; more end the connection (ENHANCE_YOUR_CALM).
    Rate resets{.rate = 10, .burst = 100};
    /// Points of what asks for nothing, such as PING and empty DATA; more end the connection.
    Rate abuse{.rate = 100, .burst = 1000};
};

}  // namespace grove::http
