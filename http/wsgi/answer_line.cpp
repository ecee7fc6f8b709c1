#include "answer_line.h"

#include <algorithm>
#include <exception>
#include <string>

#include "client_waits.h"
#include "exchange.h"
#include "in_flight.h"
#include "lingering.h"
#include "next_turn.h"
#include "request_terms.h"
#include "service_log.h"
#include "service_terms.h"

namespace grove::http {
namespace {

constexpr int kSendsAtOnce = 32;  // then the others' turn
constexpr int kSettling =
    8;  // of timeouts.write: bytes on their way to a client arrive, and one that is not slow
        // costs no system call

Timespan settling(const Timeouts& timeouts) {
    const Timespan write = timeouts.write;
    return write ? Timespan{*write / kSettling} : write;
}
Timespan after_settling(const Timeouts& timeouts) {
    const Timespan write = timeouts.write;
    return write ? Timespan{*write - *write / kSettling} : write;
}

// Apart, as it has a string of its own. Without memory for the whole of it: what fits in a string without any.
[[gnu::cold, gnu::noinline]] void report_cut(ServiceLog& log, const RequestHead& head,
                                             const std::exception_ptr& error) noexcept {
    try {
        log.report(
            std::string{head.method}.append(" ").append(head.path) + ": the rest of its answer",
            error);
    } catch (const std::exception&) {
        log.report("an answer", error);
    }
}

}  // namespace

AnswerLine::AnswerLine(const ServiceTerms& terms, ServerMetrics& metrics, ServiceLog& log,
                       InFlight& in_flight, Lingering& lingering, NextTurn& next_turn)
    : terms_{terms},
      metrics_{metrics},
      log_{log},
      in_flight_{in_flight},
      lingering_{lingering},
      next_turn_{next_turn},
      settling_{terms_, settling, [this](Connection& late) { settled(late); }},
      first_{terms_, after_settling, [this](Connection& late) { look_at(late); }},
      again_{terms_, [](const Timeouts& timeouts) { return timeouts.write; },
             [this](Connection& late) { look_at(late); }} {}

void AnswerLine::join(DeadlineLines& line, Connection& connection) noexcept {
    connection.unlink();
    line.push_back(connection);
}

void AnswerLine::begin_sending(Connection& connection) {
    in_flight_.enter();
    metrics_.slow.add();
    connection.unlink();
    connection.set_state(Connection::State::kSending);
    await_client(connection);
}

void AnswerLine::end_sending(Connection& connection) noexcept {
    log_.answered(*connection.exchange);
    metrics_.slow.subtract();
    in_flight_.leave();
}

// It takes no more now.
void AnswerLine::await_client(Connection& connection) noexcept {
    join(settling_, connection);
    try {
        connection.client().watch_writable();
    } catch (const std::exception&) {  // the line's time-out is its end
    }
}

void AnswerLine::send(Connection& connection) noexcept {
    if (connection.is_linked()) note_wait(connection);
    try {
        for (int sends = 0; sends < kSendsAtOnce; ++sends) {
            if (takes_too_little(connection)) return give_up(connection);
            switch (connection.exchange->rest.send_more()) {
                case Sending::kAll:
                    return end(connection);
                case Sending::kFull:
                    return await_client(connection);
                case Sending::kMore:
                    break;
            }
        }
        join(settling_, connection);
        next_turn_.look_again(connection);
    } catch (const ClientLost&) {
        give_up(connection);
    } catch (...) {
        report_cut(log_, connection.exchange->head, std::current_exception());
        give_up(connection);
    }
}

// What it takes is counted from the first wait on.
void AnswerLine::note_wait(Connection& connection) noexcept {
    // Not by the coarse clock: it lags, and waits that are over would add up to a little less than timeouts.write.
    const Duration waited = get_hub().now() - connection.since;
    connection.exchange->pace.waited_for_reader += std::max(waited, Duration{1});
}

bool AnswerLine::takes_too_little(const Connection& connection) const noexcept {
    const Exchange& exchange = *connection.exchange;
    return exchange.pace.takes_too_little(exchange.pace.waited_for_reader,
                                          timeouts_of(exchange).write, terms_.limits.write_rate);
}

// The kernel tells of room when a third of its buffer is free, which may be megabytes: a slow client that reads takes
// longer for them than timeouts.write. So what is left there is looked at before a client is given up.
void AnswerLine::settled(Connection& connection) noexcept {
    note_wait(connection);
    connection.exchange->unsent = connection.client().unsent();
    join(first_, connection);
}

void AnswerLine::look_at(Connection& connection) noexcept {
    note_wait(connection);
    Exchange& exchange = *connection.exchange;
    const bool takes = exchange.pace.took_since(exchange.unsent, connection.client().unsent()) &&
                       !takes_too_little(connection);
    takes ? join(again_, connection) : give_up(connection);
}

void AnswerLine::end(Connection& connection) noexcept {
    connection.unlink();
    if (connection.state() == Connection::State::kFlushing) return lingering_.linger(connection);
    end_sending(connection);
    connection.sent();
}

void AnswerLine::give_up(Connection& connection) noexcept {
    if (connection.state() == Connection::State::kSending) end_sending(connection);
    connection.exchange->output.clear();  // which would follow an answer in pieces
    connection.reset();
}

void AnswerLine::kill() noexcept {
    for (auto* line : {&settling_, &first_, &again_}) {
        line->for_each([this](Connection& connection) {
            if (connection.state() != Connection::State::kSending) return;
            end_sending(connection);
            connection.exchange->output.clear();
            const bool resets = connection.exchange->response.ends_with_connection() ||
                                connection.client().stream() != nullptr;
            resets ? connection.reset() : connection.close();
        });
    }
}

void AnswerLine::close_all() noexcept {
    for (auto* line : {&settling_, &first_, &again_}) {
        while (!line->empty()) line->front().close();
    }
}

}  // namespace grove::http
