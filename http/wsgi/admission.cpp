#include "admission.h"

#include <utility>

#include <grove/core/greenlet.h>

#include "open_connections.h"
#include "parking.h"
#include "proxy_header.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr int kUnlooked = 15;  // newcomers after one that had nothing to read yet

void expire_handshake(TlsHandshake& handshake) {
    handshake.drop("the handshake took longer than timeouts.tls_handshake");
}

}  // namespace

Admission::Admission(const ServiceTerms& terms, std::shared_ptr<TlsContext> tls,
                     const WsgiConnection::Parts& connections, Parking& parking,
                     const std::unique_ptr<Multiplexing>& http2)
    : tls_{std::move(tls)},
      parts_{connections.log, connections.open, parking, connections, http2},
      handshakes_{terms.timeouts.tls_handshake, expire_handshake} {}

void Admission::begin(FileDescriptor fd, const Address& peer,
                      std::unique_ptr<const ProxiedClient> told) {
    std::unique_ptr<TlsHandshake> handshake;
    std::unique_ptr<WsgiConnection> connection;
    try {
        if (tls_ != nullptr) {
            handshake =
                std::make_unique<TlsHandshake>(parts_, std::move(fd), peer, tls_, std::move(told));
        } else {
            connection = std::make_unique<WsgiConnection>(parts_.connections, std::move(fd), peer,
                                                          nullptr, std::move(told));
        }
    } catch (...) {
        parts_.open.leave(peer);
        throw;
    }
    if (handshake != nullptr) {
        parts_.open.handshake_began();
        handshakes_.push_back(*handshake);
        spawn([handshake = std::move(handshake)] { handshake->run(); });
        return;
    }
    parts_.parking.add(*connection);
    WsgiConnection& entered = *connection.release();  // its line's, or its greenlet's
    // The next newcomer must not take it for idle, though its request is there and was only not read yet.
    if (parts_.open.at_limit() || is_worth_a_look()) {
        entered.look();
        if (entered.state() == Connection::State::kIdle) unlooked_ = kUnlooked;
    } else {
        entered.await_request();
    }
}

// Where a newcomer's request is there already, a look saves its registration with the loop, and where not it costs
// a call in vain: so after one in vain, the next are spared it.
bool Admission::is_worth_a_look() noexcept {
    if (unlooked_ == 0) return true;
    --unlooked_;
    return false;
}

void Admission::drop_oldest_handshake() noexcept {
    handshakes_.front().drop("given up for a newcomer");
}

void Admission::drop_all() noexcept {
    while (!handshakes_.empty()) handshakes_.front().drop();
}

}  // namespace grove::http
