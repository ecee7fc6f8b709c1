// closing.h - connections whose request is over, or refused: what is owed to them goes, what they still send is dropped.
#pragma once

#include "connection.h"
#include "deadline_lines.h"
#include "lingering.h"

namespace grove::http {

class AnswerLine;
class ExchangePool;
class ServiceLog;
struct Refusal;
struct ServiceTerms;

/// No call blocks. A connection may have closed, and go at the hub's next turn, when a call returns.
class Closing {
public:
    /// All must outlive it.
    Closing(const ServiceTerms& terms, ExchangePool& exchanges, ServiceLog& log,
            Lingering& lingering, AnswerLine& answers);
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
    /// As Lingering.
    void linger(Connection& connection) noexcept { lingering_.linger(connection); }
    /// The exchange's response is over and the connection stays: drops what is left of the body, then is
    /// ready for the next request, or drains, or lingers.
    void finish_exchange(Connection& connection);

    void close_all() noexcept;

private:
    void drain(Connection& connection);

    const ServiceTerms& terms_;
    ExchangePool& exchanges_;
    ServiceLog& log_;
    Lingering& lingering_;
    AnswerLine& answers_;
    DeadlineLines draining_;
};

}  // namespace grove::http
