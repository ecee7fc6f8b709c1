// pool.h - connections to a Redis server, kept for the next: for commands that block, and for
// MULTI, WATCH and others that belong to a connection.
#pragma once

#include <string>

#include <grove/core/detail/export.h>
#include <grove/pool/connection_pool.h>
#include <grove/redis/connection.h>

namespace grove::redis {

/// A connection that is not Connection::clean() when its lease ends is closed; one that is closed()
/// later is not lent. So nobody finds another's MULTI, watched keys or database there.
class GROVE_EXPORT Pool : public ConnectionPool<Connection> {
public:
    /// Opens nothing yet. @param url as Connection::open() takes it
    explicit Pool(std::string url, ConnectionPoolOptions options = {});
};

}  // namespace grove::redis
