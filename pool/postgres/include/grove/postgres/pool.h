// pool.h - connections to a PostgreSQL server, kept for the next (gevent's psycopg2_pool.py).
#pragma once

#include <string>

#include <grove/core/detail/export.h>
#include <grove/pool/connection_pool.h>
#include <grove/postgres/connection.h>

namespace grove::postgres {

/// A connection is lent if Connection::idle(), without a query. One that comes back within a
/// transaction is closed, and the server rolls it back.
class GROVE_EXPORT Pool : public ConnectionPool<Connection> {
public:
    /// Opens nothing yet. @param conninfo as Connection::open() takes it
    explicit Pool(std::string conninfo, ConnectionPoolOptions options = {});
};

}  // namespace grove::postgres
