// turn.h - a connection's turn with a slot of the pool.
//
// Goes with the function of the greenlet that serves the connection, so that it ends however that does:
// having run, killed before it ran, or never spawned.
#pragma once

#include <cstdint>
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

    /// Of the greenlet that serves.
    [[nodiscard]] std::uint64_t greenlet() const noexcept { return greenlet_; }
    /// Of the pool; one that is lost does not come back.
    [[nodiscard]] bool has_slot() const noexcept { return has_slot_; }
    void lose_slot() noexcept { has_slot_ = false; }

private:
    WsgiService* service_;
    Connection* connection_;
    std::uint64_t greenlet_ = 0;
    bool has_slot_ = true;
};

}  // namespace grove::http
