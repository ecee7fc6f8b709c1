// request_info.h - a server's account of a request that it has not answered yet.
#pragma once

#include <cstdint>
#include <string>

#include <grove/core/duration.h>

namespace grove::http {

/// A request that is being answered, or waits for a slot.
struct RequestInfo {
    std::string method{};  ///< "GET", fit for a log.
    /// The path's first kilobyte, without the query, which may hold secrets. Fit for a log:
    /// unprintable bytes stand there in hexadecimal digits.
    std::string path{};
    Duration age{};              ///< Since its head was complete, to a few milliseconds.
    std::uint32_t stream = 0;    ///< Of HTTP/2: which one of its connection. 0: HTTP/1.
    std::uint64_t greenlet = 0;  ///< The id of its greenlet; 0: it waits for a slot.
};

}  // namespace grove::http
