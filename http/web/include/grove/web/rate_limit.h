// rate_limit.h - how often one client may ask.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// A token bucket for each key.
struct RateLimitOptions {
    double rate = 10;           ///< Requests a second, in the long run.
    double burst = 20;          ///< Requests at once, after a rest; 1 at least.
    std::size_t table = 65536;  ///< Keys that are known; the key unused for longest is forgotten.
    /// Returns the key that a request counts for; "": the request is not limited. Empty function:
    /// the key is REMOTE_ADDR, for IPv6 its /64; then clients of unix sockets are not limited.
    std::function<std::string(http::Environ&)> key{};
};

/// Answers 429 with Retry-After, by an HttpError, to a client that asks too often. Each worker
/// counts for itself: with N workers a client may get N times the rate. A key takes about 200
/// bytes. Never blocks, unless `key` does.
/// Thread: the middleware serves one hub.
/// @throws std::invalid_argument  a rate that is not above 0, a burst below 1, no table
GROVE_EXPORT http::Middleware rate_limit(RateLimitOptions options = {});

}  // namespace grove::web
