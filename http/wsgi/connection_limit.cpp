#include <grove/http/connection_limit.h>

#include <algorithm>

#include "peer_limits.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr std::size_t kHandshakeShare = 16;

// The server whose line's first has stood longest; nullptr: all lines are empty.
template <class T>
WsgiService* with_oldest(const std::vector<WsgiService*>& servers,
                         DeadlineLine<T>& (WsgiService::*line)() noexcept) noexcept {
    WsgiService* oldest = nullptr;
    for (WsgiService* server : servers) {
        if ((server->*line)().empty()) continue;
        if (oldest == nullptr ||
            (server->*line)().front().since < (oldest->*line)().front().since) {
            oldest = server;
        }
    }
    return oldest;
}

}  // namespace

ConnectionLimit::ConnectionLimit(std::size_t most)
    : most_{most}, peers_{std::make_unique<PeerLimits>()} {}
ConnectionLimit::~ConnectionLimit() = default;

void ConnectionLimit::join(WsgiService& server) { servers_.push_back(&server); }
void ConnectionLimit::leave(WsgiService& server) noexcept { std::erase(servers_, &server); }

bool ConnectionLimit::many_handshakes() const noexcept {
    return handshakes_ != 0 && handshakes_ >= most_ / kHandshakeShare;
}

bool ConnectionLimit::full() const noexcept {
    return reached() && !many_handshakes() &&
           with_oldest(servers_, &WsgiService::idle_line) == nullptr;
}

void ConnectionLimit::make_room() noexcept {
    if (!reached()) return;
    if (many_handshakes()) {
        drop_oldest_handshake();
    } else if (WsgiService* server = with_oldest(servers_, &WsgiService::idle_line)) {
        server->idle_line().front().close();
    }
}

bool ConnectionLimit::give_one_up() noexcept {
    const std::size_t before = open_;
    if (many_handshakes()) drop_oldest_handshake();
    while (open_ == before) {
        WsgiService* const server = with_oldest(servers_, &WsgiService::idle_line);
        if (server == nullptr) return false;
        Connection& oldest = server->idle_line().front();
        oldest.look();  // below the limit nobody has: its request may be there
        if (oldest.state() == Connection::State::kIdle) oldest.close();
    }
    return true;
}

void ConnectionLimit::drop_oldest_handshake() noexcept {
    with_oldest(servers_, &WsgiService::handshake_line)
        ->handshake_line()
        .front()
        .drop("given up for a newcomer");
}

void ConnectionLimit::count_out() noexcept {
    if (open_-- >= most_) tell_all();
}

void ConnectionLimit::one_is_idle() noexcept {
    if (reached()) tell_all();
}

void ConnectionLimit::tell_all() noexcept {
    for (WsgiService* server : servers_) server->tell_of_room();
    std::rotate(servers_.begin(), servers_.begin() + (servers_.empty() ? 0 : 1), servers_.end());
}

}  // namespace grove::http
