// request_info.h - what a server tells of a request it has not answered yet.
#pragma once

#include <cstdint>
#include <string>

#include <grove/core/duration.h>

namespace grove::http {

/// A request that is being answered, or waits for a slot.
struct RequestInfo {
    std::string method{};  ///< "GET", fit for a log.
    /// Its first kilobyte, without the query, which may hold secrets; fit for a log: what is not printable
    /// stands there in hexadecimal digits.
    std::string path{};
    Duration age{};              ///< Since its head was complete, to a few milliseconds.
    std::uint64_t greenlet = 0;  ///< Its id; 0: it waits for a slot.
};

}  // namespace grove::http
