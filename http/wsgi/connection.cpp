#include "connection.h"

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

#include <grove/core/hub.h>

#include "buffered_bytes.h"
#include "client_peer.h"
#include "client_watch.h"
#include "closing.h"
#include "exchange.h"
#include "exchange_pool.h"
#include "newcomers.h"
#include "proxy_header.h"
#include "request_limit.h"
#include "request_reader.h"
#include "served.h"
#include "wsgi_service.h"

namespace grove::http {

static_assert(sizeof(void*) != 8 || sizeof(Connection) <= 264, "every idle connection is one");

Connection::Connection(const Parts& parts, FileDescriptor fd, const Address& peer,
                       std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told)
    : parts_{parts},
      client_(parts.terms, parts.blocks, std::move(fd), peer, std::move(tls), std::move(told),
              *this) {
    parts_.metrics.idle.add();
}

Connection::~Connection() {
    if (state_ == State::kIdle) parts_.metrics.idle.subtract();
    drop_exchange();
}

void Connection::set_state(State state) noexcept {
    if (state == state_) return;
    if (state == State::kIdle) parts_.metrics.idle.add();
    if (state_ == State::kIdle) parts_.metrics.idle.subtract();
    state_ = state;
}

void Connection::drop_exchange() noexcept {
    if (exchange == nullptr) return;
    Exchange& over = *std::exchange(exchange, nullptr);
    parts_.buffered.let_go(over);
    parts_.exchanges.put_back(over);
}

void Connection::on_readable() noexcept {
    switch (state_) {
        case State::kIdle:
        case State::kHead:
        case State::kBody:
            try {
                RequestReader& reader = parts_.service.reader();
                const auto next =
                    state_ == State::kBody ? reader.next_of_body(*this) : reader.next(*this);
                if (next == RequestReader::Next::kComplete)
                    parts_.service.slot_line().enqueue(*this);
            } catch (...) {  // told there
                parts_.service.unserved().give_up(*this);
            }
            return;
        case State::kDraining:
            drain();
            return;
        case State::kLingering:
            parts_.service.closing().swallow(*this);
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

bool Connection::has_slot() const { return Slots::has_one(*this); }
bool Connection::lose_slot() { return parts_.service.slot_line().slots().lose_as_slow(*this); }
void Connection::release_slot() { parts_.service.slot_line().slots().detach(*this); }

void Connection::set_timeout(Timespan timeout) {
    if (!is_served_by_caller(*this) || exchange->limit == nullptr || exchange->upgraded)
        throw std::logic_error{
            "set_timeout: only the greenlet that serves the request has a time-out, and none after "
            "an upgrade"};
    if (exchange->response.made()) return;
    exchange->limited_by_application = true;
    exchange->limit->reset();
    if (timeout)
        exchange->limit->emplace(*exchange, get_hub().instant_after(*timeout),
                                 parts_.service.log());
}

// Then nobody is left to serve. Apart: on_readable() has nothing on its stack that would be guarded.
[[gnu::cold, gnu::noinline]] void Connection::leave_line_if_reset() noexcept {
    if (!was_reset(client_.socket())) return;
    parts_.service.log().answered(*exchange);
    parts_.service.unserved().drop(*this);
}

void Connection::await_request() noexcept {
    try {
        client_.socket().watch();
    } catch (...) {  // told there
        parts_.service.unserved().give_up(*this);
    }
}

void Connection::on_writable() noexcept {
    if (state_ == State::kFlushing || state_ == State::kSending)
        parts_.service.answers().send(*this);
}

void Connection::look_again() noexcept {
    if (state_ == State::kLingering) parts_.service.closing().swallow(*this);
    on_writable();
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
        if (parts_.service.reader().next(*this) == RequestReader::Next::kComplete)
            parts_.service.slot_line().enqueue(*this);
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
    parts_.service.next_turn().bury(*this, in_use);
    parts_.service.newcomers().leave(ClientPeer{client_}.address());
}

}  // namespace grove::http
