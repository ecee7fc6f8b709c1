#include "connection.h"

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "client_peer.h"
#include "client_watch.h"
#include "closing.h"
#include "exchange.h"
#include "newcomers.h"
#include "proxy_header.h"
#include "request_limit.h"
#include "turn.h"
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
        case State::kServed:
            if (exchange != nullptr && exchange->watch != nullptr) exchange->watch->look();
            return;
        case State::kQueued:  // what more it has sent is read later
            leave_line_if_reset();
            return;
        case State::kSending:
        case State::kFlushing:
        case State::kDead:
            return;  // looked at before it parks, or lingers
    }
}

bool is_served_by_caller(const Connection& connection) {
    return connection.turn != nullptr && connection.turn->greenlet() == getcurrent().id();
}

bool Connection::has_slot() const { return Slots::has_one(*this); }
bool Connection::lose_slot() { return service_.slot_line().slots().lose_as_slow(*this); }
void Connection::release_slot() { service_.slot_line().slots().detach(*this); }

void Connection::set_timeout(Timespan timeout) {
    if (!is_served_by_caller(*this) || exchange->limit == nullptr || exchange->upgraded)
        throw std::logic_error{
            "set_timeout: only the greenlet that serves the request has a time-out, and none after "
            "an upgrade"};
    if (exchange->response.made()) return;
    exchange->limited_by_application = true;
    exchange->limit->reset();
    if (timeout)
        exchange->limit->emplace(*exchange, get_hub().instant_after(*timeout), service_.log());
}

// Then nobody is left to serve. Apart: on_readable() has nothing on its stack that would be guarded.
[[gnu::cold, gnu::noinline]] void Connection::leave_line_if_reset() noexcept {
    if (!was_reset(client_.socket())) return;
    service_.log().answered(*exchange);
    service_.slot_line().drop_waiting(*this);
}

// In a handler: no memory for this client, which the others need not notice. Apart: a function that has a string of its
// own guards its stack.
[[gnu::cold, gnu::noinline]] void Connection::give_up() noexcept {
    service_.log().report("a connection from " + ClientPeer{client_}.address().text(),
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
    if (state_ == State::kFlushing || state_ == State::kSending) service_.answers().send(*this);
}

void Connection::look_again() noexcept {
    if (state_ == State::kLingering) service_.closing().swallow(*this);
    on_writable();
}

void Connection::watch_to_the_end() noexcept {
    try {
        client_.socket().watch();
    } catch (const std::exception&) {
    }
}

void Connection::reset() noexcept {
    const ::linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client_.socket().fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

void Connection::close() noexcept {
    unlink();
    const bool in_use = exchange != nullptr && is_in_use(*exchange);
    if (exchange != nullptr)
        client_.send_some(exchange->output);  // what is owed, if it goes at once
    drop_exchange();
    client_.finish();
    client_.socket().close();
    if (state_ == State::kDead) return;
    service_.next_turn().bury(*this, in_use);
    service_.newcomers().leave(ClientPeer{client_}.address());
}

}  // namespace grove::http
