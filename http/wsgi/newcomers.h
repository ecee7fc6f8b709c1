// newcomers.h - clients from accept() on: counted, greeted by a proxy, shaken hands with, then parked as a Connection.
#pragma once

#include <memory>
#include <optional>

#include <grove/core/address.h>
#include <grove/core/detail/timer.h>
#include <grove/core/detail/tls_layer.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/connection_limit.h>
#include <grove/http/proxies.h>

#include "deadline_line.h"
#include "open_connections.h"
#include "peer_rules.h"
#include "proxy_greeting.h"
#include "proxy_header.h"
#include "service_terms.h"
#include "tls_handshake.h"
#include "wsgi_connection.h"

namespace grove::http {

class Parking;
class ServiceLog;
struct WsgiOptions;

class Newcomers {
public:
    /// All must outlive it.
    Newcomers(const ServiceTerms& terms, const WsgiConnection::Parts& connections, Parking& parking,
              ConnectionLimit& limit, PeerRules& peers, const WsgiOptions& options);

    void accept(FileDescriptor fd, const Address& peer);
    [[nodiscard]] bool full() const noexcept { return limit_.full(); }
    /// There is no descriptor for a newcomer. @return whether one was closed that could go
    bool give_one_up() noexcept;

    /// Its PROXY header is read, and it is counted already as its peer's.
    void greeted(FileDescriptor fd, const Address& peer, ProxyHeader header) noexcept;
    /// Its handshake is done, and it is counted already.
    void adopt(FileDescriptor fd, const Address& peer, std::unique_ptr<TlsLayer> tls,
               std::unique_ptr<const ProxiedClient> told);
    /// A handshake ended otherwise: one connection less.
    void give_up_handshake(const Address& peer) noexcept;
    /// One connection less.
    void leave(const Address& peer) noexcept { open_.leave(peer); }

    /// When the oldest handshake began; nullopt: there is none.
    [[nodiscard]] std::optional<Timer::Instant> shake_hands_since() const noexcept {
        return handshakes_.oldest();
    }
    /// @pre shake_hands_since()
    void drop_oldest_handshake() noexcept;
    /// Those that are no Connection yet.
    void drop_all() noexcept;

    [[nodiscard]] PeerRules& peers() noexcept { return peers_; }
    [[nodiscard]] ServiceLog& log() noexcept { return log_; }
    [[nodiscard]] ProxyProtocol proxy_protocol() const noexcept { return proxy_protocol_; }

private:
    void greet(FileDescriptor fd, const Address& peer);
    void begin(FileDescriptor fd, const Address& peer, std::unique_ptr<const ProxiedClient> told);
    [[nodiscard]] bool is_worth_a_look() noexcept;

    const WsgiConnection::Parts& connections_;
    const ServiceTerms& terms_;
    ConnectionLimit& limit_;
    OpenConnections& open_;
    Parking& parking_;
    ServiceLog& log_;
    const std::shared_ptr<TlsContext> tls_;  // null: plain. Shared: with other servers.
    const ProxyProtocol proxy_protocol_;
    PeerRules& peers_;
    int unlooked_ = 0;                             // newcomers to come that are not looked at
    std::optional<Timer::Instant> told_of_files_;  // last, that there are none for newcomers
    DeadlineLine<ProxyGreeting> greetings_;
    DeadlineLine<TlsHandshake> handshakes_;
};

}  // namespace grove::http
