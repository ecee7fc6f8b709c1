#include "next_turn.h"

#include <utility>

#include "connection.h"

namespace grove::http {

NextTurn::NextTurn()
    : look_{get_hub(), [this] { look(); }}, bury_{get_hub(), [this] { destroy_dead(); }} {}

void NextTurn::destroy_all() noexcept {
    destroy_dead();
    destroy_dead();
}

void NextTurn::look_again(Connection& connection) {
    again_.push_back(&connection);
    look_.schedule();
}

void NextTurn::bury(Connection& connection, bool in_use) noexcept {
    connection.set_state(Connection::State::kDead);
    (in_use ? dead_in_use_ : dead_).push_back(&connection);
    bury_.schedule();
}

// The call may have been due before the last of them closed; whoever was woken by its client is due behind the call.
void NextTurn::destroy_dead() noexcept {
    for (Connection* connection : std::exchange(dead_, std::exchange(dead_in_use_, {}))) {
        std::erase(again_, connection);
        delete connection;
    }
    if (!dead_.empty()) bury_.schedule();
}

void NextTurn::look() noexcept {
    for (Connection* connection : std::exchange(again_, {})) connection->look_again();
}

}  // namespace grove::http
