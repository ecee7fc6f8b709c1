#include "wsgi_connection.h"

#include <exception>
#include <optional>
#include <stdexcept>

#include <grove/core/hub.h>

#include "answer_line.h"
#include "client_peer.h"
#include "client_watch.h"
#include "closing.h"
#include "exchange.h"
#include "lingering.h"
#include "next_turn.h"
#include "open_connections.h"
#include "proxy_header.h"
#include "refusal.h"
#include "request_limit.h"
#include "request_reader.h"
#include "served.h"
#include "service_log.h"
#include "settle.h"
#include "slot_line.h"
#include "slots.h"
#include "switched_protocol.h"
#include "unserved.h"

namespace grove::http {

static_assert(sizeof(void*) != 8 || sizeof(WsgiConnection) <= 264, "every idle connection is one");

WsgiConnection::WsgiConnection(const Parts& parts, FileDescriptor fd, const Address& peer,
                               std::unique_ptr<TlsLayer> tls,
                               std::unique_ptr<const ProxiedClient> told)
    : Connection{parts, std::move(fd), peer, std::move(tls), std::move(told)} {}

WsgiConnection::WsgiConnection(const Parts& parts, const ClientSocket& carrier,
                               ClientStream& stream, std::shared_ptr<const SharedPeer> peer)
    : Connection{parts, carrier, stream, std::move(peer)} {}

void WsgiConnection::take_head(Refusal refusal) noexcept {
    try {
        if (parts().reader.begin(*this, refusal) == RequestReader::Next::kComplete)
            parts().slot_line.enqueue(*this);
    } catch (...) {  // told there
        parts().unserved.give_up(*this);
    }
}

void WsgiConnection::on_readable() noexcept {
    switch (state()) {
        case State::kIdle:
        case State::kHead:
        case State::kBody:
            try {
                RequestReader& reader = parts().reader;
                const RequestReader::Next next =
                    state() == State::kBody ? reader.next_of_body(*this) : reader.next(*this);
                if (next == RequestReader::Next::kComplete) parts().slot_line.enqueue(*this);
            } catch (...) {  // told there
                parts().unserved.give_up(*this);
            }
            return;
        case State::kDraining:
            drain();
            return;
        case State::kLingering:
            parts().lingering.swallow(*this);
            return;
        case State::kSwitched:
            if (protocol != nullptr) protocol->on_readable();
            return;
        case State::kServed:
            if (exchange != nullptr && exchange->protocol != nullptr)
                return exchange->protocol->on_readable();
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

// Then nobody is left to serve. Apart: on_readable() has nothing on its stack that would be guarded.
[[gnu::cold, gnu::noinline]] void WsgiConnection::leave_line_if_reset() noexcept {
    const ClientStream* const stream = client().stream();
    if (stream != nullptr ? !stream->lost() : !was_reset(client().socket())) return;
    parts().log.answered(*exchange);
    parts().unserved.drop(*this);
}

void WsgiConnection::go_on() noexcept {
    try {
        if (parts().reader.next(*this) == RequestReader::Next::kComplete)
            parts().slot_line.enqueue(*this);
    } catch (...) {  // told there
        parts().unserved.give_up(*this);
    }
}

void WsgiConnection::drain() noexcept {
    try {
        parts().closing.finish_exchange(*this);
        if (state() == State::kDraining && exchange == nullptr) go_on();
    } catch (...) {  // told there
        parts().unserved.give_up(*this);
    }
}

void WsgiConnection::await_request() noexcept {
    try {
        client().socket().watch();
    } catch (...) {  // told there
        parts().unserved.give_up(*this);
    }
}

void WsgiConnection::on_writable() noexcept {
    if (SwitchedProtocol* const spoken = switched()) return spoken->on_writable();
    if (state() == State::kFlushing || state() == State::kSending) parts().answers.send(*this);
    if (state() == State::kServed && exchange != nullptr) exchange->push_output();
}

void WsgiConnection::look_again() noexcept {
    if (state() == State::kLingering) parts().lingering.swallow(*this);
    if (SwitchedProtocol* const spoken = switched()) return spoken->on_readable();
    on_writable();
}

void WsgiConnection::sent() noexcept {
    try {
        settle(*this, Fate::kAnswered, parts().closing);
    } catch (const std::exception&) {  // no memory to read on, and its exchange may be gone
        return close();
    }
    if (state() == State::kSending) go_on();
}

void WsgiConnection::closed(bool in_use) noexcept {
    parts().next_turn.bury(*this, in_use);
    if (client().stream() == nullptr) parts().open.leave(ClientPeer{client()}.address());
}

bool WsgiConnection::has_slot() const { return Slots::has_one(*this); }
bool WsgiConnection::lose_slot() { return parts().slots.lose_as_slow(*this); }
void WsgiConnection::leave_pool(Lasting as) { parts().slots.leave(*this, as); }

void WsgiConnection::set_timeout(Timespan timeout) {
    if (!is_served_by_caller(*this) || exchange->limit == nullptr || exchange->upgraded) {
        throw std::logic_error{
            "set_timeout: must be called by the greenlet that serves the request, before an "
            "upgrade"};
    }
    if (exchange->answer.made) return;
    exchange->limited_by_application = true;
    exchange->limit->reset();
    if (timeout)
        exchange->limit->emplace(*exchange, get_hub().instant_after(*timeout), parts().log);
}

}  // namespace grove::http
