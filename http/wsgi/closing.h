// closing.h - connections that have no further request: what is owed to them goes, what they still send is dropped.
#pragma once

#include <vector>

#include <grove/core/hub.h>

#include "connection.h"
#include "deadline_line.h"
#include "deadline_lines.h"

namespace grove::http {

class ExchangePool;
class ServiceLog;
struct Refusal;
struct ServiceTerms;

/// No call blocks. A connection may have closed, and go at the hub's next turn, when a call returns.
class Closing {
public:
    /// All must outlive it.
    Closing(const ServiceTerms& terms, ExchangePool& exchanges, ServiceLog& log);
    ~Closing();
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;

    /// Sends the server's own answer, after those that are owed, and closes lingering. What the client does not
    /// take at once goes as it takes it, each wait bounded by timeouts.write.
    void refuse(Connection& connection, Refusal refusal);
    /// The same without an answer of its own: what the exchange's output holds goes first, by the answer line.
    /// @pre there is an exchange, and nobody sends
    void flush(Connection& connection) noexcept;
    /// Closes, but for an answer that is owed: that goes first.
    void end_owing(Connection& connection) noexcept;
    /// The last answer is sent: tells the client so, and drops what it still sends, for a while.
    void linger(Connection& connection) noexcept;
    /// One turn of dropping what a lingering client sends.
    void swallow(Connection& connection) noexcept;
    /// It is answered, and drops the rest of its body: for timeouts.body, then it lingers.
    void drain(Connection& connection);
    /// Tells a connection once more that it may read or send: after the others' turn.
    void look_again(Connection& connection);

    /// It has closed its socket; it is destroyed at the hub's next turn, as it may be the caller. @param in_use  a
    /// greenlet that reads or sends there may have been woken, too: at the turn after that
    void bury(Connection& connection, bool in_use) noexcept;
    void close_all() noexcept;

private:
    void look() noexcept;
    void destroy_dead() noexcept;

    const ServiceTerms& terms_;
    ExchangePool& exchanges_;
    ServiceLog& log_;
    DeadlineLine<Connection> lingering_;
    DeadlineLines draining_;
    std::vector<Connection*> again_;  // that may read or send on, after the others' turn
    std::vector<Connection*> dead_;
    std::vector<Connection*> dead_in_use_;
    HubCall look_;
    HubCall bury_;
};

}  // namespace grove::http
