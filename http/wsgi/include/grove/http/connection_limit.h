// connection_limit.h - how many connections the WsgiServers of a hub may have open together.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

class LimitTenant;
class Newcomers;
class OpenConnections;
class Parking;
class PeerLimits;
class WsgiService;
struct WaitingBodies;

/// Shared by the servers that get it in WsgiOptions, as a Pool may be; it lives as long as any of
/// them.
///
/// At the limit a newcomer takes the place of the connection that has been idle longest, whichever
/// server's it is. If none is idle, all servers stop accepting until there is room. The same holds
/// where the process may open no further file. Unfinished TLS handshakes count as connections. Once
/// they are a sixteenth of the limit, a newcomer takes the place of the oldest handshake, not of an
/// idle client: clients that connect and say nothing push out one another. Thread: its hub's.
class GROVE_EXPORT ConnectionLimit {
public:
    explicit ConnectionLimit(std::size_t most);  ///< Connections open at once.
    ~ConnectionLimit();
    ConnectionLimit(const ConnectionLimit&) = delete;
    ConnectionLimit& operator=(const ConnectionLimit&) = delete;

    [[nodiscard]] std::size_t most() const noexcept { return most_; }  ///< As constructed.
    [[nodiscard]] std::size_t open() const noexcept { return open_; }  ///< In all its servers.

private:
    friend class Newcomers;
    friend class OpenConnections;
    friend class Parking;
    friend class WsgiService;

    void join(LimitTenant& tenant);
    void leave(LimitTenant& tenant) noexcept;

    [[nodiscard]] bool reached() const noexcept { return open_ >= most_; }
    /// No further connection may be open, and no connection can be closed for a newcomer.
    [[nodiscard]] bool full() const noexcept;
    /// A newcomer is about to be counted: at the limit, closes a connection that can go.
    void make_room() noexcept;
    /// No descriptor is left for a newcomer: closes a connection as make_room() would.
    /// @return false: no connection can go
    bool give_one_up() noexcept;
    void count_in() noexcept { ++open_; }
    void count_out() noexcept;
    /// A connection became idle, and could be closed for a newcomer.
    void one_is_idle() noexcept;
    void handshake_began() noexcept { ++handshakes_; }
    void handshake_ended() noexcept { --handshakes_; }

    [[nodiscard]] PeerLimits& peers() noexcept { return *peers_; }
    /// In all its servers.
    [[nodiscard]] WaitingBodies& bodies() noexcept { return *bodies_; }

    [[nodiscard]] bool many_handshakes() const noexcept;
    void drop_oldest_handshake() noexcept;
    void tell_all() noexcept;

    std::size_t most_;
    std::size_t open_ = 0;
    std::size_t handshakes_ = 0;
    const std::unique_ptr<PeerLimits> peers_;
    const std::unique_ptr<WaitingBodies> bodies_;
    std::vector<LimitTenant*> tenants_;  // told of room in this order, which rotates
};

}  // namespace grove::http
