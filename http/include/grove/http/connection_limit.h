// connection_limit.h - how many connections the WsgiServers of a hub may have open together.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <grove/core/detail/export.h>

namespace grove::http {

class PeerLimits;
class WsgiService;

/// Shared by the servers it is given to in WsgiOptions, as a Pool may be; it lives as long as any of them.
///
/// At the limit a newcomer takes the place of the longest idle connection of them all; if none is idle, all of
/// them stop accepting until there is room. So it is, too, where the process may open no further file. Unfinished
/// TLS handshakes count as connections, but once they are a sixteenth of the limit they go before idle clients do,
/// oldest first: clients that connect and say nothing push out one another. Thread: its hub's.
class GROVE_EXPORT ConnectionLimit {
public:
    explicit ConnectionLimit(std::size_t most);  ///< Connections open at once.
    ~ConnectionLimit();
    ConnectionLimit(const ConnectionLimit&) = delete;
    ConnectionLimit& operator=(const ConnectionLimit&) = delete;

    [[nodiscard]] std::size_t most() const noexcept { return most_; }  ///< As it was made.
    [[nodiscard]] std::size_t open() const noexcept { return open_; }  ///< Of all its servers.

private:
    friend class WsgiService;

    void join(WsgiService& server);
    void leave(WsgiService& server) noexcept;

    [[nodiscard]] bool reached() const noexcept { return open_ >= most_; }
    /// No further connection may be open, and none can be closed for it.
    [[nodiscard]] bool full() const noexcept;
    /// One more is about to be counted.
    void make_room() noexcept;
    /// There is no descriptor for one more: closes whom make_room() would. @return false: there is none
    bool give_one_up() noexcept;
    void count_in() noexcept { ++open_; }
    void count_out() noexcept;
    /// One of them could be closed for a newcomer now.
    void one_is_idle() noexcept;
    void handshake_began() noexcept { ++handshakes_; }
    void handshake_ended() noexcept { --handshakes_; }

    [[nodiscard]] PeerLimits& peers() noexcept { return *peers_; }

    [[nodiscard]] bool many_handshakes() const noexcept;
    void drop_oldest_handshake() noexcept;
    void tell_all() noexcept;

    std::size_t most_;
    std::size_t open_ = 0;
    std::size_t handshakes_ = 0;
    std::size_t buffered_ = 0;  // bytes of bodies that wait in all of them
    const std::unique_ptr<PeerLimits> peers_;
    std::vector<WsgiService*> servers_;  // who is told first stands first: each in its turn
};

}  // namespace grove::http
