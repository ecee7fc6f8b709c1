#include "request_reader.h"

#include <cerrno>
#include <string_view>

#include "body_line.h"
#include "closing.h"
#include "exchange.h"
#include "exchange_pool.h"
#include "multiplexing.h"
#include "parking.h"
#include "parser.h"
#include "peer_rules.h"
#include "refusal.h"
#include "request_terms.h"
#include "service_log.h"
#include "service_terms.h"
#include "unserved.h"

namespace grove::http {

RequestReader::Next RequestReader::next(Connection& connection) noexcept {
    try {
        return look(connection);
    } catch (...) {  // told there; its caller may serve it no more, and nobody else would end it
        parts_.unserved.give_up(connection);
        return Next::kGone;
    }
}

// Begins a request in one place, so that it is inlined here: a stream's head is there from the start.
RequestReader::Next RequestReader::look(Connection& connection) {
    ClientSocket& client = connection.client();
    while (connection.state() != State::kQueued) {
        if (parts_.terms.stopping) {
            parts_.closing.end_owing(connection);
            return Next::kGone;
        }
        if (!client.input().empty() && scan(connection)) {
            if (connection.state() != State::kQueued) return Next::kGone;
            break;
        }
        if (client.drained()) {
            park(connection);
            return Next::kParked;
        }
        const Socket::Outcome got = client.try_receive();
        if (got > 0 || got == -EAGAIN) continue;
        if (!connection.guard().untouched()) parts_.log.incomplete(client);
        connection.close();
        return Next::kGone;
    }
    connection.exchange->begin();
    return connection.exchange->body.worth_a_slot() ? Next::kComplete : next_of_body(connection);
}

// Parks where what is there does not do.
RequestReader::Next RequestReader::next_of_body(Connection& connection) {
    ClientSocket& client = connection.client();
    while (!connection.exchange->body.worth_a_slot()) {
        if (client.drained()) {
            if (connection.state() != State::kBody) {
                client.park();
                parts_.bodies.push_back(connection);
                if (connection.state() != State::kBody) return Next::kGone;
            }
            if (client.stream() != nullptr) client.stream()->needs_more();
            parts_.bodies.spare_memory(connection);
            return Next::kParked;
        }
        const Socket::Outcome got = client.try_receive();
        if (got == -EAGAIN) continue;
        if (got <= 0) {
            parts_.log.answered(*connection.exchange);
            connection.state() == State::kBody ? parts_.unserved.drop(connection)
                                               : parts_.closing.end_owing(connection);
            return Next::kGone;
        }
        if (connection.state() != State::kBody) continue;
        parts_.bodies.take(connection, static_cast<std::size_t>(got));
        if (connection.state() != State::kBody) return Next::kGone;
    }
    return Next::kComplete;
}

void RequestReader::park(Connection& connection) {
    ClientSocket& client = connection.client();
    client.park();
    if (connection.guard().untouched()) {
        // What there is are empty lines, which count with those to come.
        if (client.input().empty()) client.input().clear();
        connection.set_state(State::kIdle);
        connection.unlink();
        parts_.parking.park(connection);
    } else if (connection.state() != State::kHead) {
        // The deadline runs from the first byte, and nothing extends it.
        connection.set_state(State::kHead);
        connection.unlink();
        parts_.parking.await_head(connection);
    }
}

// It does, or what has come is the beginning of a preface, which is told from a request by its first line. @return false:
// it does not
[[gnu::cold, gnu::noinline]] bool RequestReader::speaks_http2(Connection& connection) {
    constexpr std::string_view kFirstLine = "PRI * HTTP/2.0\r\n\r\n";
    const std::string_view bytes = connection.client().input().bytes();
    if (bytes.substr(0, kFirstLine.size()) != kFirstLine.substr(0, bytes.size())) return false;
    if (bytes.size() >= kFirstLine.size()) parts_.http2->begin(connection, nullptr);
    return true;
}

// @return false: the connection was refused
[[gnu::always_inline]] inline bool RequestReader::admits(Connection& connection) {
    const ServiceTerms& terms = parts_.terms;
    Exchange& exchange = *connection.exchange;
    if (const int wait = terms.limits.requests_per_ip
                             ? parts_.peers.comes_too_early(connection.client(), exchange)
                             : 0) {
        parts_.closing.refuse(
            connection, {429, "more requests from this address than limits.requests_per_ip", wait});
        return false;
    }
    if (terms.mounts != nullptr) {
        if (const Refusal refusal = choose_mount(exchange)) {
            parts_.closing.refuse(connection, refusal);
            return false;
        }
    }
    return true;
}

RequestReader::Next RequestReader::begin(Connection& connection, Refusal refusal) {
    if (refusal) parts_.closing.refuse(connection, refusal);
    if (refusal || !admits(connection)) return Next::kGone;
    connection.set_state(State::kQueued);
    return look(connection);
}

// @return whether there is a complete head (state kQueued) or the connection was refused
bool RequestReader::scan(Connection& connection) {
    const ServiceTerms& terms = parts_.terms;
    ClientSocket& client = connection.client();
    Guard& guard = connection.guard();
    GuardState found = guard.state();
    if (found == GuardState::kNeedMore)  // else scanned ahead
        found = guard.feed(client.input().bytes(), terms.limits, terms.extra_methods());
    if (found == GuardState::kNeedMore) return false;
    if (found == GuardState::kRefused) {
        if (terms.h2c && connection.requests == 0 && speaks_http2(connection))
            return connection.state() == State::kSwitched;
        parts_.closing.refuse(connection, guard.refusal());
        return true;
    }
    const std::size_t begin = guard.skipped();
    const std::size_t length = guard.head_length();
    guard.reset();
    connection.unlink();
    Exchange& exchange = parts_.exchanges.take(client, connection, connection.exchange);
    connection.exchange = &exchange;
    const std::string_view head{client.input().bytes().data() + begin, length};
    if (const Refusal refusal = HeadParser::parse(head, terms.head_limits(), exchange.head)) {
        parts_.closing.refuse(connection, refusal);
        return true;
    }
    if (exchange.head.upgrade) [[unlikely]]
        pin_for_long(exchange, begin, length);
    if (!admits(connection)) return true;
    if (!exchange.head.upgrade) client.input().pin(begin + length);
    connection.set_state(State::kQueued);
    exchange.number = ++connection.requests;
    return true;
}

// What follows a 101 may last for days: the head holds no more memory than its bytes then, and no view of it moves later.
[[gnu::cold, gnu::noinline]] void RequestReader::pin_for_long(Exchange& exchange, std::size_t begin,
                                                              std::size_t length) {
    const std::string_view pinned = exchange.client->input().pin_apart(begin + length);
    (void)HeadParser::parse(pinned.substr(begin), parts_.terms.head_limits(), exchange.head);
}

bool RequestReader::scan_ahead(Connection& connection) {
    InputBuffer& input = connection.client().input();
    if (input.empty()) return false;
    const ServiceTerms& terms = parts_.terms;
    return connection.guard().feed(input.bytes(), terms.limits, terms.extra_methods()) ==
           GuardState::kComplete;
}

}  // namespace grove::http
