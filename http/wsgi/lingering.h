// lingering.h - connections that have had their last answer: what their clients still send is dropped, until they close.
#pragma once

#include "connection.h"
#include "deadline_line.h"

namespace grove::http {

class NextTurn;

/// No call blocks. A connection may have closed when a call returns.
class Lingering {
public:
    /// @param next_turn  must outlive it
    explicit Lingering(NextTurn& next_turn);
    Lingering(const Lingering&) = delete;
    Lingering& operator=(const Lingering&) = delete;

    /// The last answer is sent: tells the client so, and drops what it still sends, for a while.
    void linger(Connection& connection) noexcept;
    /// One turn of dropping what a lingering client sends.
    void swallow(Connection& connection) noexcept;

    void close_all() noexcept;

private:
    NextTurn& next_turn_;
    DeadlineLine<Connection> quiet_;
};

}  // namespace grove::http
