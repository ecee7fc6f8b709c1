// parking.h - connections that wait for their next request without a greenlet: idle, or with half a head.
#pragma once

#include <cstddef>
#include <optional>

#include <grove/core/detail/timer.h>
#include <grove/http/connection_limit.h>

#include "connection.h"
#include "deadline_line.h"

namespace grove::http {

class Closing;
struct ServiceTerms;

class Parking {
public:
    /// All must outlive it.
    Parking(const ServiceTerms& terms, ConnectionLimit& limit, Closing& closing);

    /// A new connection, which is looked at before it counts as one that can go.
    void add(Connection& connection) { idle_.push_back(connection); }
    /// A connection without any byte of a request.
    void park(Connection& connection) {
        idle_.push_back(connection);
        limit_.one_is_idle();
    }
    /// Some of a head has come, and the rest must within timeouts.header.
    void await_head(Connection& connection) { heads_.push_back(connection); }

    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    /// Those that have joined a line at `since` or later, and have had no request yet.
    [[nodiscard]] std::size_t newcomers(Timer::Instant since) const noexcept;
    /// When the longest idle connection became so; nullopt: there is none.
    [[nodiscard]] std::optional<Timer::Instant> idle_since() const noexcept {
        return idle_.oldest();
    }
    /// @pre idle_since()
    void close_oldest_idle() noexcept { idle_.front().close(); }
    /// The same, unless a request of it has come: then it is idle no longer. @pre idle_since()
    void close_oldest_silent() noexcept;
    void close_all() noexcept;

private:
    ConnectionLimit& limit_;
    DeadlineLine<Connection> idle_;
    DeadlineLine<Connection> heads_;
};

}  // namespace grove::http
