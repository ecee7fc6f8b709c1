#include "newcomers.h"

#include <chrono>
#include <exception>
#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/http/wsgi_options.h>

#include "parking.h"
#include "service_log.h"

namespace grove::http {
namespace {

constexpr int kUnlooked = 15;  // newcomers after one that had nothing to read yet
constexpr auto kBetweenLines = std::chrono::minutes{1};

void expire_handshake(TlsHandshake& handshake) {
    handshake.drop("the handshake took longer than timeouts.tls_handshake");
}
void expire_greeting(ProxyGreeting& greeting) {
    greeting.drop("its PROXY header did not arrive within timeouts.header");
}

}  // namespace

Newcomers::Newcomers(const ServiceTerms& terms, const WsgiConnection::Parts& connections,
                     Parking& parking, ConnectionLimit& limit, PeerRules& peers,
                     const WsgiOptions& options)
    : connections_{connections},
      terms_{terms},
      limit_{limit},
      open_{connections.open},
      parking_{parking},
      log_{connections.log},
      tls_{options.tls},
      proxy_protocol_{options.proxy_protocol},
      peers_{peers},
      greetings_{terms_.timeouts.header, expire_greeting},
      handshakes_{terms_.timeouts.tls_handshake, expire_handshake} {}

void Newcomers::accept(FileDescriptor fd, const Address& peer) {
    if (proxy_protocol_ != ProxyProtocol::kNone) return greet(std::move(fd), peer);
    if (terms_.limits.connections_per_ip != Limits::kUnbounded && !peers_.admits(fd, peer, log_))
        return;
    limit_.make_room();
    open_.enter(peer);
    begin(std::move(fd), peer, nullptr);
}

void Newcomers::greet(FileDescriptor fd, const Address& peer) {
    if (!terms_.is_trusted(peer, fd.get())) {
        log_.unproxied(peer,
                       "it is none of trusted_proxies, and proxy_protocol is for these alone");
        return;
    }
    limit_.make_room();
    auto greeting = std::make_unique<ProxyGreeting>(*this, std::move(fd), peer);
    open_.enter(peer);
    greetings_.push_back(*greeting);
    greeting.release()->look();
}

void Newcomers::greeted(FileDescriptor fd, const Address& peer, ProxyHeader header) noexcept {
    const Address& client = header.tells ? header.client : peer;
    try {
        if (header.tells && !peers_.admits(fd, client, log_)) {
            open_.leave(peer);
            return;
        }
        if (header.tells) peers_.enter(client);
    } catch (...) {
        open_.leave(peer);
        log_.report("a connection from " + client.text(), std::current_exception());
        return;
    }
    try {
        begin(std::move(fd), client, std::move(header.more));
        open_.one_is_idle();
    } catch (...) {
        log_.report("a connection from " + client.text(), std::current_exception());
    }
}

// Of one that is counted.
void Newcomers::begin(FileDescriptor fd, const Address& peer,
                      std::unique_ptr<const ProxiedClient> told) {
    std::unique_ptr<TlsHandshake> handshake;
    std::unique_ptr<WsgiConnection> connection;
    try {
        if (tls_ != nullptr) {
            handshake =
                std::make_unique<TlsHandshake>(*this, std::move(fd), peer, tls_, std::move(told));
        } else {
            connection = std::make_unique<WsgiConnection>(connections_, std::move(fd), peer,
                                                          nullptr, std::move(told));
        }
    } catch (...) {
        open_.leave(peer);
        throw;
    }
    if (handshake != nullptr) {
        open_.handshake_began();
        handshakes_.push_back(*handshake);
        spawn([handshake = std::move(handshake)] { handshake->run(); });
        return;
    }
    parking_.add(*connection);
    WsgiConnection& entered =
        *connection.release();  // its line's, or its greenlet's, until it closes
    // The next newcomer must not take it for idle, though its request is there and was only not read yet.
    if (open_.at_limit() || is_worth_a_look()) {
        entered.look();
        if (entered.state() == Connection::State::kIdle) unlooked_ = kUnlooked;
    } else {
        entered.await_request();
    }
}

// Where a newcomer's request is there already, a look saves its registration with the loop, and where not it costs
// a call in vain: so after one in vain, the next are spared it.
bool Newcomers::is_worth_a_look() noexcept {
    if (unlooked_ == 0) return true;
    --unlooked_;
    return false;
}

void Newcomers::adopt(FileDescriptor fd, const Address& peer, std::unique_ptr<TlsLayer> tls,
                      std::unique_ptr<const ProxiedClient> told) {
    open_.handshake_ended();
    std::unique_ptr<WsgiConnection> connection;
    try {
        connection = std::make_unique<WsgiConnection>(connections_, std::move(fd), peer,
                                                      std::move(tls), std::move(told));
        parking_.park(*connection);
    } catch (...) {
        open_.leave(peer);
        throw;
    }
    connection.release()->look();  // its first request may have come with the handshake's end
}

void Newcomers::give_up_handshake(const Address& peer) noexcept {
    open_.handshake_ended();
    open_.leave(peer);
}

bool Newcomers::give_one_up() noexcept {
    if (!limit_.give_one_up()) return false;
    const Timer::Instant now = get_hub().now();
    if (!told_of_files_ || now - *told_of_files_ >= kBetweenLines) {
        told_of_files_ = now;
        terms_.log(
            LogLevel::kWarn,
            "no further file may be opened (RLIMIT_NOFILE): the longest idle connections are "
            "closed for newcomers");
    }
    return true;
}

void Newcomers::drop_oldest_handshake() noexcept {
    handshakes_.front().drop("given up for a newcomer");
}

void Newcomers::drop_all() noexcept {
    while (!greetings_.empty()) greetings_.front().drop();
    while (!handshakes_.empty()) handshakes_.front().drop();
}

}  // namespace grove::http
