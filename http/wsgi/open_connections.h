// open_connections.h - the connections that one server has open: how many, of whom, and their share of the limit.
#pragma once

#include <cstddef>

#include <grove/core/address.h>
#include <grove/core/duration.h>
#include <grove/core/event.h>
#include <grove/http/metrics.h>

namespace grove::http {

class ConnectionLimit;
class PeerRules;

/// Each client is counted from its accept() to its close, greeting and handshake included.
class OpenConnections {
public:
    /// All must outlive it.
    OpenConnections(ConnectionLimit& limit, PeerRules& peers, ServerMetrics& metrics) noexcept
        : limit_{limit}, peers_{peers}, metrics_{metrics} {}

    void enter(const Address& peer);
    void leave(const Address& peer) noexcept;
    /// One that has entered shakes hands, and does so no more.
    void handshake_began() noexcept;
    void handshake_ended() noexcept;

    /// The servers of the limit have as many as they may.
    [[nodiscard]] bool at_limit() const noexcept;
    /// One became idle, and could be closed for a newcomer.
    void one_is_idle() noexcept;

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// Waits until there is none. @return false: `timeout` passed first
    bool join(Timespan timeout);

private:
    ConnectionLimit& limit_;
    PeerRules& peers_;
    ServerMetrics& metrics_;
    std::size_t count_ = 0;
    Event fewer_;
};

}  // namespace grove::http
