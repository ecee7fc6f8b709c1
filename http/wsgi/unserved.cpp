#include "unserved.h"

#include <exception>

#include "buffered_bytes.h"
#include "client_peer.h"
#include "closing.h"
#include "exchange.h"
#include "in_flight.h"
#include "refusal.h"
#include "request_terms.h"
#include "service_log.h"

namespace grove::http {

void Unserved::refuse(Connection& connection, Refusal refusal) {
    let_go(connection);
    try {
        closing_.refuse(connection, refusal);
    } catch (const std::exception&) {  // no memory to say so
        connection.close();
    }
    in_flight_.leave();
}

void Unserved::drop(Connection& connection) noexcept {
    let_go(connection);
    closing_.end_owing(connection);
    in_flight_.leave();
}

// What it has for its request, which is not served.
void Unserved::let_go(Connection& connection) noexcept {
    bytes_.let_go(*connection.exchange);
    leave_mount_pool(*connection.exchange);
}

// Apart: a function that has objects on its stack guards it.
[[gnu::noinline]] void Unserved::end_turn(Connection& connection) noexcept {
    try {
        const bool unanswered =
            connection.exchange != nullptr && !connection.exchange->response.head_made();
        if (connection.exchange != nullptr) leave_mount_pool(*connection.exchange);
        unanswered ? closing_.refuse(connection, {503, "the request was dropped before it ran"})
                   : connection.close();
    } catch (const std::exception&) {  // no memory to say so
        connection.close();
    }
}

// Apart, as it has a string of its own.
[[gnu::cold, gnu::noinline]] void Unserved::give_up(Connection& connection) noexcept {
    log_.report("a connection from " + ClientPeer{connection.client()}.address().text(),
                std::current_exception());
    connection.state() == Connection::State::kBody ? drop(connection) : connection.close();
}

}  // namespace grove::http
