// answer_line.h - answers that the hub sends, as their clients take them: the last that a connection is owed, and the
// rest of those whose application has returned.
#pragma once

#include <grove/core/duration.h>
#include <grove/http/metrics.h>

#include "connection.h"
#include "deadline_lines.h"

namespace grove::http {

class InFlight;
class Lingering;
class NextTurn;
class ServiceLog;
struct ServiceTerms;

/// Each wait for a client is bounded by timeouts.write, what it takes by limits.write_rate. No call blocks. A
/// connection may have closed when a call returns.
class AnswerLine {
public:
    /// All must outlive it.
    AnswerLine(const ServiceTerms& terms, ServerMetrics& metrics, ServiceLog& log,
               InFlight& in_flight, Lingering& lingering, NextTurn& next_turn);
    AnswerLine(const AnswerLine&) = delete;
    AnswerLine& operator=(const AnswerLine&) = delete;

    /// The application has returned, and the client takes its time: the hub sends the rest, without a slot. However that
    /// ends, its access line is written.
    void begin_sending(Connection& connection);
    /// Sends what goes. At the end the connection lingers (kFlushing), or goes on with its next request (kSending).
    void send(Connection& connection) noexcept;

    /// Ends those in kSending, in pieces.
    void kill() noexcept;
    void close_all() noexcept;
    template <class Function>
    void for_each_sending(const Function& function) const {
        for (const auto* line : {&settling_, &first_, &again_}) {
            line->for_each([&function](const Connection& connection) {
                if (connection.state() == Connection::State::kSending) function(connection);
            });
        }
    }

private:
    void await_client(Connection& connection) noexcept;
    void end_sending(Connection& connection) noexcept;
    void join(DeadlineLines& line, Connection& connection) noexcept;
    void note_wait(Connection& connection) noexcept;
    void settled(Connection& connection) noexcept;
    void look_at(Connection& connection) noexcept;
    void end(Connection& connection) noexcept;
    void give_up(Connection& connection) noexcept;
    [[nodiscard]] bool takes_too_little(const Connection& connection) const noexcept;

    const ServiceTerms& terms_;
    ServerMetrics& metrics_;
    ServiceLog& log_;
    InFlight& in_flight_;
    Lingering& lingering_;
    NextTurn& next_turn_;
    DeadlineLines
        settling_;         // whose client takes no more: a moment, before that costs a system call
    DeadlineLines first_;  // the rest of timeouts.write
    DeadlineLines again_;  // and once more, as the client has taken some
};

}  // namespace grove::http
