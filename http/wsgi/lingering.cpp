#include "lingering.h"

#include <cerrno>
#include <chrono>

#include <grove/core/hub.h>

#include "client_end.h"
#include "next_turn.h"

namespace grove::http {
namespace {

constexpr Duration kLingerQuiet = std::chrono::seconds{1};
constexpr auto kLingerTime = std::chrono::seconds{5};

// The client has lingered for long enough.
void end_linger(Connection& connection) noexcept {
    connection.client().broken() ? connection.reset() : connection.close();
}

}  // namespace

Lingering::Lingering(NextTurn& next_turn)
    : next_turn_{next_turn}, quiet_{kLingerQuiet, [](Connection& quiet) { end_linger(quiet); }} {}

void Lingering::linger(Connection& connection) noexcept {
    ClientSocket& client = connection.client();
    if (client.stream() != nullptr) return connection.close();
    connection.unlink();
    connection.drop_exchange();
    client.input().clear();
    ClientEnd{client}.finish();
    client.socket().shutdown_write();
    connection.watch_to_the_end();
    connection.set_state(Connection::State::kLingering);
    connection.linger_until = get_hub().instant_after(kLingerTime);
    quiet_.push_back(connection);
    // Not here: a handler's stack may be small, and its caller need not find the connection closed.
    if (!client.socket().drained()) next_turn_.look_again(connection);
}

void Lingering::swallow(Connection& connection) noexcept {
    constexpr int kReadsAtOnce =
        16;  // then the others' turn: the next event comes only for new bytes
    ClientSocket& client = connection.client();
    char dropped[16384];
    for (int reads = 0; reads < kReadsAtOnce; ++reads) {
        const Socket::Outcome got = client.socket().try_recv(dropped);
        if (got == -EAGAIN) return;
        if (got == 0 && client.broken()) return;  // it may still read
        if (got <= 0 || get_hub().now() >= connection.linger_until) {
            end_linger(connection);
            return;
        }
        connection.unlink();
        quiet_.push_back(connection);
        if (client.socket().drained()) return;
    }
    next_turn_.look_again(connection);
}

void Lingering::close_all() noexcept {
    while (!quiet_.empty()) quiet_.front().close();
}

}  // namespace grove::http
