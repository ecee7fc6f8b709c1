#include <grove/postgres/pool.h>

#include <utility>

namespace grove::postgres {

Pool::Pool(std::string conninfo, ConnectionPoolOptions options)
    : ConnectionPool<Connection>{
          options, [conninfo = std::move(conninfo)] { return Connection::open(conninfo); },
          [](Connection& connection) { return connection.idle(); }} {}

}  // namespace grove::postgres
