// next_turn.h - connections that the hub comes back to after the others' turn: to read or send on, or to be destroyed.
#pragma once

#include <vector>

#include <grove/core/hub.h>

namespace grove::http {

class Connection;

/// Owns the connections that have closed. What it is told, it does at the hub's next turn: the connection may be its
/// caller.
class NextTurn {
public:
    NextTurn();
    ~NextTurn() = default;
    NextTurn(const NextTurn&) = delete;
    NextTurn& operator=(const NextTurn&) = delete;

    /// Tells the connection once more that it may read or send.
    void look_again(Connection& connection);
    /// It has closed its socket, and is destroyed. @param in_use  a greenlet that reads or sends there may have been
    /// woken, too: at the turn after the next
    void bury(Connection& connection, bool in_use) noexcept;
    /// Destroys them now, while what they name is there. None closes any more.
    void destroy_all() noexcept;

private:
    void look() noexcept;
    void destroy_dead() noexcept;

    std::vector<Connection*> again_;
    std::vector<Connection*> dead_;
    std::vector<Connection*> dead_in_use_;
    HubCall look_;
    HubCall bury_;
};

}  // namespace grove::http
