#include "connection.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <grove/core/hub.h>

#include "client_peer.h"
#include "closing.h"
#include "exchange.h"
#include "newcomers.h"
#include "parking.h"
#include "parser.h"
#include "proxy_header.h"
#include "wsgi_service.h"

namespace grove::http {

static_assert(sizeof(void*) != 8 || sizeof(Connection) <= 264, "every idle connection is one");

Connection::Connection(WsgiService& service, FileDescriptor fd, const Address& peer,
                       std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told)
    : service_{service},
      client_(service.terms(), service.blocks(), std::move(fd), peer, std::move(tls),
              std::move(told), *this) {
    service_.metrics().idle.add();
}

Connection::~Connection() {
    if (state_ == State::kIdle) service_.metrics().idle.subtract();
    drop_exchange();
}

void Connection::set_state(State state) noexcept {
    if (state == state_) return;
    if (state == State::kIdle) service_.metrics().idle.add();
    if (state_ == State::kIdle) service_.metrics().idle.subtract();
    state_ = state;
}

void Connection::drop_exchange() noexcept {
    if (exchange == nullptr) return;
    Exchange& over = *std::exchange(exchange, nullptr);
    service_.bodies().let_go(over);
    service_.exchanges().put_back(over);
}

void Connection::on_readable() noexcept {
    switch (state_) {
        case State::kIdle:
        case State::kHead:
        case State::kBody:
            try {
                const Next next = state_ == State::kBody ? next_body() : next_request();
                if (next == Next::kComplete) service_.slot_line().enqueue(*this);
            } catch (...) {  // told there
                give_up();
            }
            return;
        case State::kDraining:
            drain();
            return;
        case State::kLingering:
            service_.closing().swallow(*this);
            return;
        case State::kQueued:
        case State::kServed:
        case State::kFlushing:
        case State::kDead:
            return;  // looked at before it parks, or lingers
    }
}

bool Connection::may_lose_slot() const { return service_.slots().may_lose(*this); }
void Connection::lose_slot() { service_.slots().lose(*this, Slot::kSlow); }
void Connection::release_slot() { service_.slots().detach(*this); }

// In a handler: no memory for this client, which the others need not notice. Apart: a function that has a string of its
// own guards its stack.
[[gnu::cold, gnu::noinline]] void Connection::give_up() noexcept {
    service_.log().report("a connection from " + client_.peer().address().text(),
                          std::current_exception());
    state_ == State::kBody ? service_.slot_line().drop_waiting(*this) : close();
}

void Connection::await_request() noexcept {
    try {
        client_.socket().watch();
    } catch (...) {  // told there
        give_up();
    }
}

void Connection::on_writable() noexcept {
    if (state_ == State::kFlushing) service_.closing().flush(*this);
}

Connection::Next Connection::next_request() {
    for (;;) {
        if (service_.terms().stopping) {
            service_.closing().end_owing(*this);
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
        if (!guard_.untouched()) service_.log().incomplete(client_);
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
                service_.slot_line().await_body(*this);
                if (state_ != State::kBody) return Next::kGone;
            }
            service_.bodies().spare_memory(*this);
            return Next::kParked;
        }
        const Socket::Outcome got = client_.try_receive();
        if (got == -EAGAIN) continue;
        if (got <= 0) {
            service_.log().answered(*exchange);
            state_ == State::kBody ? service_.slot_line().drop_waiting(*this)
                                   : service_.closing().end_owing(*this);
            return Next::kGone;
        }
        if (state_ != State::kBody) continue;
        service_.bodies().take(*this, static_cast<std::size_t>(got));
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
        service_.parking().park(*this);
    } else if (state_ !=
               State::kHead) {  // the deadline runs from the first byte, and nothing extends it
        set_state(State::kHead);
        unlink();
        service_.parking().await_head(*this);
    }
}

// @return whether there is a complete head (state kQueued) or the connection was refused
bool Connection::scan() {
    if (!guard_.done())
        guard_.feed(client_.input().bytes(), service_.terms().limits);  // else scanned ahead
    const GuardResult result = guard_.result();
    if (result.state == GuardState::kNeedMore) return false;
    if (result.state == GuardState::kRefused) {
        service_.closing().refuse(*this, result.refusal);
        return true;
    }
    guard_.reset();
    unlink();
    exchange = &service_.exchanges().take(*this, std::exchange(exchange, nullptr));
    const std::string_view head{client_.input().bytes().data() + result.skipped,
                                result.head_length};
    if (const auto refusal = HeadParser::parse(head, service_.terms().limits, exchange->head)) {
        service_.closing().refuse(*this, *refusal);
        return true;
    }
    if (const int wait = service_.terms().limits.requests_per_ip
                             ? service_.newcomers().peers().comes_too_early(client_, *exchange)
                             : 0) {
        service_.closing().refuse(
            *this, {429, "more requests from this address than limits.requests_per_ip", wait});
        return true;
    }
    client_.input().pin(result.skipped + result.head_length);
    set_state(State::kQueued);
    exchange->number = ++requests_;
    exchange->begin();
    return true;
}

void Connection::watch_to_the_end() noexcept {
    try {
        client_.socket().watch();
    } catch (const std::exception&) {
    }
}

bool Connection::scan_ahead() {
    if (client_.input().empty()) return false;
    return guard_.feed(client_.input().bytes(), service_.terms().limits).state ==
           GuardState::kComplete;
}

void Connection::finish_exchange() {
    switch (exchange->body.discard()) {
        case Discarded::kTooMuch:
            service_.closing().linger(*this);
            return;
        case Discarded::kMore:
            if (state_ == State::kDraining) return;
            service_.closing().drain(*this);
            return;
        case Discarded::kAll:
            client_.input().unpin();
            if (exchange->output.empty())
                drop_exchange();  // else its answer is owed: the next request goes on with it
            return;
    }
}

void Connection::drain() noexcept {
    try {
        finish_exchange();
        if (state_ != State::kDraining || exchange != nullptr) return;
        if (next_request() == Next::kComplete) service_.slot_line().enqueue(*this);
    } catch (...) {  // told there
        give_up();
    }
}

void Connection::reset() noexcept {
    const ::linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client_.socket().fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Connection::close() noexcept {
    unlink();
    if (exchange != nullptr)
        client_.send_some(exchange->output);  // what is owed, if it goes at once
    drop_exchange();
    client_.finish();
    client_.socket().close();
    if (state_ == State::kDead) return;
    service_.closing().bury(*this);
    service_.newcomers().leave(client_.peer().address());
}

}  // namespace grove::http
