#include <grove/http/stream_server.h>

#include <stdexcept>
#include <system_error>
#include <utility>

#include <grove/core/detail/datagram_socket.h>
#include <grove/core/detail/socket.h>
#include <grove/core/hub.h>
#include <grove/core/tls.h>

#include "handlers.h"

namespace grove::http {
namespace {

// A client that cannot is no news.
bool speaks_tls(Stream& stream, const std::shared_ptr<TlsContext>& context, Timespan timeout) {
    try {
        stream = tls_accept(std::move(stream), context, timeout);
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

Listener for_connections(Listener listener) {
    if (listener.fd() >= 0 && is_datagram_socket(listener.fd()))
        throw std::invalid_argument{"a server of connections cannot take a datagram socket"};
    return listener;
}

}  // namespace

StreamServer::StreamServer(Listener listener, Handler handler, ServerOptions options)
    : StreamServer{std::move(listener), std::move(options)} {
    if (!handler) throw std::invalid_argument{"StreamServer: there is no handler"};
    if (tls_ != nullptr && handlers_->in_hub())
        throw std::invalid_argument{"StreamServer: Spawn::none() with tls: a handshake must block"};
    handler_ = std::move(handler);
}

StreamServer::StreamServer(Listener listener, ServerOptions options)
    : BaseServer{for_connections(std::move(listener)), options},
      handlers_{std::make_unique<Handlers>(options.spawn)},
      tls_{options.tls},
      tls_handshake_{options.tls_handshake} {}

StreamServer::~StreamServer() {
    close();
    GROVE_ASSERT(handlers_->empty(),
                 "a server was destroyed while its handlers ran: stop() it first");
}

// Goes with a handler's function. A greenlet takes its stack when it first runs: if there is no memory for one it
// ends without having run.
class StreamServer::Unserved {
public:
    explicit Unserved(StreamServer& server) noexcept : server_{&server} {}
    Unserved(Unserved&& other) noexcept : server_{std::exchange(other.server_, nullptr)} {}
    ~Unserved() {
        if (server_ != nullptr) server_->accept_failed();
    }
    void serves() noexcept { server_ = nullptr; }

private:
    StreamServer* server_;
};

void StreamServer::accepted(FileDescriptor fd, const Address& peer) {
    handlers_->start({}, [this, stream = Stream{std::make_unique<Socket>(std::move(fd))}, peer,
                          unserved = Unserved{*this}]() mutable {
        unserved.serves();
        if (tls_ != nullptr && !speaks_tls(stream, tls_, tls_handshake_)) return;
        handler_(stream, peer);
        stream.close();  // over TLS it may wait; after an exception the stream just goes
    });
}

bool StreamServer::full() {
    if (!handlers_->full()) return false;
    handlers_->when_not_full([this] { accept_more(); });
    return true;
}

void StreamServer::closing() { handlers_->forget_when_not_full(); }
bool StreamServer::join_handlers(Timespan timeout) { return handlers_->join(timeout); }
void StreamServer::kill_handlers() { handlers_->kill(); }

}  // namespace grove::http
