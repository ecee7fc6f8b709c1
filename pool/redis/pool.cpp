#include <grove/redis/pool.h>

#include <utility>

namespace grove::redis {

Pool::Pool(std::string url, ConnectionPoolOptions options)
    : ConnectionPool<Connection>{options, [url = std::move(url)] { return Connection::open(url); },
                                 [](Connection& connection) { return !connection.closed(); }} {}

}  // namespace grove::redis
