// connection_pool_options.h - how a ConnectionPool is set up.
#pragma once

#include <cstddef>

#include <grove/core/duration.h>

namespace grove {

/// How many connections a ConnectionPool has, and for how long.
struct ConnectionPoolOptions {
    std::size_t size = 8;  ///< How many there are at most, idle or in use; at least 1.
    /// A connection that was idle for longer is closed, when the pool is next used, and not lent;
    /// nullopt: never.
    Timespan idle{};
    /// The same for one that was opened longer ago; it is looked at before each lease.
    Timespan lifetime{};
};

}  // namespace grove
