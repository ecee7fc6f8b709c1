#include "connection.h"

#include <exception>
#include <utility>

#include "buffered_bytes.h"
#include "client_end.h"
#include "exchange.h"
#include "exchange_pool.h"
#include "proxy_header.h"
#include "switched_protocol.h"

namespace grove::http {

Connection::Connection(const Parts& parts, FileDescriptor fd, const Address& peer,
                       std::unique_ptr<TlsLayer> tls, std::unique_ptr<const ProxiedClient> told)
    : parts_{parts},
      client_(parts.terms, parts.blocks, std::move(fd), peer, std::move(tls), std::move(told),
              *this) {
    parts_.metrics.idle.add();
}

Connection::Connection(const Parts& parts, const ClientSocket& carrier, ClientStream& stream,
                       std::shared_ptr<const SharedPeer> peer)
    : parts_{parts}, client_(parts.blocks, carrier, stream, std::move(peer)) {
    parts_.metrics.idle.add();
}

Connection::~Connection() {
    if (state_ == State::kIdle) parts_.metrics.idle.subtract();
    drop_exchange();
}

void Connection::drop_exchange() noexcept {
    if (exchange == nullptr) return;
    Exchange& over = *std::exchange(exchange, nullptr);
    parts_.buffered.let_go(over);
    parts_.exchanges.put_back(over);
}

SwitchedProtocol* Connection::switched() const noexcept {
    if (state_ == State::kSwitched) return protocol;
    return exchange != nullptr ? exchange->protocol : nullptr;
}

void Connection::watch_to_the_end() noexcept {
    try {
        client_.socket().watch();
    } catch (const std::exception&) {
    }
}

void Connection::reset() noexcept { end(true); }

void Connection::close() noexcept { end(false); }

// @return false: there is an answer that ends with the connection, and not all of it has gone
bool Connection::send_owed() noexcept {
    const std::size_t sent = client_.send_some(exchange->output);
    const Response& response = exchange->response;
    return !response.ends_with_connection() ||
           (response.complete() && sent == exchange->output.size() && !client_.broken());
}

void Connection::end(bool resets) noexcept {
    unlink();
    if (SwitchedProtocol* const over = switched()) over->on_closed();
    const bool in_use = exchange != nullptr && is_in_use(*exchange);
    if (!resets && exchange != nullptr) resets = !send_owed();
    drop_exchange();
    ClientEnd{client_}.close(resets);
    if (state_ == State::kDead) return;
    closed(in_use);
}

}  // namespace grove::http
