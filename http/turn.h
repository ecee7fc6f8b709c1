// turn.h - a connection's turn with a slot of the pool.
//
// Goes with the function of the greenlet that serves the connection, so that it ends however that does:
// having run, killed before it ran, or never spawned.
#pragma once

#include <utility>

namespace grove::http {

class Connection;
class WsgiService;

class Turn {
public:
    Turn(WsgiService& service, Connection& connection) noexcept
        : service_{&service}, connection_{&connection} {}
    Turn(Turn&& other) noexcept
        : service_{std::exchange(other.service_, nullptr)},
          connection_{std::exchange(other.connection_, nullptr)} {}
    ~Turn();

    /// Serves; the turn is over when it returns or throws.
    void operator()();

private:
    WsgiService* service_;
    Connection* connection_;
};

}  // namespace grove::http
