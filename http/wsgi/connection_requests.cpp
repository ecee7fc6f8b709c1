// Where a connection looks for its next request, and ends the one before.
#include <cerrno>

#include "closing.h"
#include "connection.h"
#include "exchange.h"
#include "exchange_pool.h"
#include "newcomers.h"
#include "parking.h"
#include "parser.h"
#include "request_terms.h"
#include "wsgi_service.h"

namespace grove::http {

Connection::Next Connection::next_request() noexcept {
    try {
        return look_for_request();
    } catch (...) {  // told there; its caller may serve it no more, and nobody else would end it
        parts_.service.unserved().give_up(*this);
        return Next::kGone;
    }
}

Connection::Next Connection::look_for_request() {
    for (;;) {
        if (parts_.terms.stopping) {
            parts_.service.closing().end_owing(*this);
            return Next::kGone;
        }
        if (!client_.input().empty() && scan()) {
            if (state_ != State::kQueued) return Next::kGone;
            return exchange->body.worth_a_slot() ? Next::kComplete : next_body();
        }
        if (client_.drained()) {
            park();
            return Next::kParked;
        }
        const Socket::Outcome got = client_.try_receive();
        if (got > 0 || got == -EAGAIN) continue;
        if (!guard_.untouched()) parts_.service.log().incomplete(client_);
        close();
        return Next::kGone;
    }
}

// Of the request whose head is complete. Parks where what is there does not do.
Connection::Next Connection::next_body() {
    while (!exchange->body.worth_a_slot()) {
        if (client_.drained()) {
            if (state_ != State::kBody) {
                client_.park();
                parts_.service.bodies().push_back(*this);
                if (state_ != State::kBody) return Next::kGone;
            }
            parts_.service.bodies().spare_memory(*this);
            return Next::kParked;
        }
        const Socket::Outcome got = client_.try_receive();
        if (got == -EAGAIN) continue;
        if (got <= 0) {
            parts_.service.log().answered(*exchange);
            state_ == State::kBody ? parts_.service.unserved().drop(*this)
                                   : parts_.service.closing().end_owing(*this);
            return Next::kGone;
        }
        if (state_ != State::kBody) continue;
        parts_.service.bodies().take(*this, static_cast<std::size_t>(got));
        if (state_ != State::kBody) return Next::kGone;
    }
    return Next::kComplete;
}

void Connection::park() {
    client_.park();
    if (guard_.untouched()) {  // what there is are empty lines, which count with those to come
        if (client_.input().empty()) client_.input().clear();
        set_state(State::kIdle);
        unlink();
        parts_.service.parking().park(*this);
    } else if (state_ !=
               State::kHead) {  // the deadline runs from the first byte, and nothing extends it
        set_state(State::kHead);
        unlink();
        parts_.service.parking().await_head(*this);
    }
}

// @return whether there is a complete head (state kQueued) or the connection was refused
bool Connection::scan() {
    const ServiceTerms& terms = parts_.terms;
    GuardState found = guard_.state();
    if (found == GuardState::kNeedMore)  // else scanned ahead
        found = guard_.feed(client_.input().bytes(), terms.limits, terms.extra_methods());
    if (found == GuardState::kNeedMore) return false;
    if (found == GuardState::kRefused) {
        parts_.service.closing().refuse(*this, guard_.refusal());
        return true;
    }
    const std::size_t begin = guard_.skipped();
    const std::size_t length = guard_.head_length();
    guard_.reset();
    unlink();
    exchange = &parts_.exchanges.take(client_, *this, exchange);
    const std::string_view head{client_.input().bytes().data() + begin, length};
    if (const Refusal refusal = HeadParser::parse(head, terms.head_limits(), exchange->head)) {
        parts_.service.closing().refuse(*this, refusal);
        return true;
    }
    if (const int wait =
            terms.limits.requests_per_ip
                ? parts_.service.newcomers().peers().comes_too_early(client_, *exchange)
                : 0) {
        parts_.service.closing().refuse(
            *this, {429, "more requests from this address than limits.requests_per_ip", wait});
        return true;
    }
    if (terms.mounts != nullptr) {
        if (const Refusal refusal = choose_mount(*exchange)) {
            parts_.service.closing().refuse(*this, refusal);
            return true;
        }
    }
    client_.input().pin(begin + length);
    set_state(State::kQueued);
    exchange->number = ++requests_;
    exchange->begin();
    return true;
}

bool Connection::scan_ahead() {
    if (client_.input().empty()) return false;
    const ServiceTerms& terms = parts_.terms;
    return guard_.feed(client_.input().bytes(), terms.limits, terms.extra_methods()) ==
           GuardState::kComplete;
}

void Connection::finish_exchange() {
    switch (exchange->body.discard()) {
        case Discarded::kTooMuch:
            parts_.service.closing().linger(*this);
            return;
        case Discarded::kMore:
            if (state_ == State::kDraining) return;
            parts_.service.closing().drain(*this);
            return;
        case Discarded::kAll:
            client_.input().unpin();
            if (exchange->output.empty())
                drop_exchange();  // else its answer is owed: the next request goes on with it
            return;
    }
}

void Connection::go_on() noexcept {
    try {
        if (next_request() == Next::kComplete) parts_.service.slot_line().enqueue(*this);
    } catch (...) {  // told there
        parts_.service.unserved().give_up(*this);
    }
}

void Connection::drain() noexcept {
    try {
        finish_exchange();
        if (state_ == State::kDraining && exchange == nullptr) go_on();
    } catch (...) {  // told there
        parts_.service.unserved().give_up(*this);
    }
}

}  // namespace grove::http
