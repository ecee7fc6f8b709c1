// connection_keeper.h - a client's connections: who has one, who waits for one, and which are unused.
//
// Order: a host's unused connections are lent last in, first out; its line is first come, first served.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/semaphore.h>

#include "outgoing_connection.h"

namespace grove {
class Hub;
}

namespace grove::http {

/// Thread: its hub's. Shared by the client and the leases, so that these may outlive the client.
class ConnectionKeeper : public std::enable_shared_from_this<ConnectionKeeper>, private Timer {
public:
    /// @param per_host  at least 1
    ConnectionKeeper(std::size_t per_host, std::size_t idle_total, Duration idle);
    ~ConnectionKeeper() override;

    class Lease;
    /// Waits for a place among those of `origin`, at most `timeout`, and takes the unused connection that was given
    /// back last, if there is one that is quiet.
    /// @return it holds no place: `timeout` passed first
    Lease lease(const std::string& origin, Timespan timeout);
    /// Closes those that are unused, and from now on those that are given back. Never switches.
    void close() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return idle_.size() + lent_; }

private:
    struct Host;
    struct Idle {
        Host* host;
        std::unique_ptr<OutgoingConnection> connection;
        Timer::Instant until;
    };
    using Hosts = std::map<std::string, std::unique_ptr<Host>>;

    Host& host_of(const std::string& origin);
    void leave(Host& host) noexcept;
    std::unique_ptr<OutgoingConnection> take(Host& host);
    void keep(Host& host, std::unique_ptr<OutgoingConnection> connection);
    void drop_oldest() noexcept;
    void expired() noexcept override;
    void arm() noexcept;

    Hub& hub_;
    std::size_t per_host_;
    std::size_t idle_total_;
    Duration idle_time_;
    Hosts hosts_;
    std::list<Idle> idle_;  // those given back first in front
    std::size_t lent_ = 0;  // connections of leases
    bool closed_ = false;
};

/// A place, and a connection once there is one; given up when destroyed. Movable.
class ConnectionKeeper::Lease {
public:
    Lease() noexcept = default;
    Lease(std::shared_ptr<ConnectionKeeper> keeper, Host& host) noexcept;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { end(); }

    /// It holds a place.
    explicit operator bool() const noexcept { return keeper_ != nullptr; }
    /// Null: one is to be made.
    [[nodiscard]] OutgoingConnection* connection() const noexcept { return connection_.get(); }
    void set(std::unique_ptr<OutgoingConnection> connection) noexcept;
    /// Closes the connection; the place stays.
    void drop() noexcept { set(nullptr); }
    /// Others may use the connection now. The lease holds nothing any more.
    void give_back();
    void end() noexcept;  ///< Closes the connection, and gives the place to the next.

private:
    std::shared_ptr<ConnectionKeeper> keeper_{};
    Host* host_ = nullptr;
    std::unique_ptr<OutgoingConnection> connection_{};
};

}  // namespace grove::http
