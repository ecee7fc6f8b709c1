// stream_server.h - a handler for each connection (gevent's StreamServer). Thread: as BaseServer.
#pragma once

#include <functional>
#include <memory>

#include <grove/core/detail/export.h>
#include <grove/core/stream.h>
#include <grove/http/base_server.h>

namespace grove::http {

class Handlers;

/// `handler` serves each connection in a greenlet of its own, as options.spawn says. The connection
/// is closed when the handler returns or throws, unless the handler has moved the stream away.
/// While the pool is full nothing is accepted: clients wait in the kernel's queue.
class GROVE_EXPORT StreamServer : public BaseServer {
public:
    /// May move the stream away. May block.
    using Handler = std::function<void(Stream&, const Address&)>;

    /// @throws std::invalid_argument without a handler, for a descriptor with a backlog or of
    ///         datagrams, for max_accept < 1, for Spawn::none() with tls
    StreamServer(Listener listener, Handler handler, ServerOptions options = {});
    ~StreamServer() override;

protected:
    /// For WsgiServer, whose connections are not handlers.
    StreamServer(Listener listener, ServerOptions options);

    void accepted(FileDescriptor fd, const Address& peer) override;
    bool full() override;
    bool join_handlers(Timespan timeout) override;
    void kill_handlers() override;
    void closing() override;

    /// Runs the handlers; shared with a derived server.
    [[nodiscard]] Handlers& handlers() noexcept { return *handlers_; }

private:
    class Unserved;

    Handler handler_;
    std::unique_ptr<Handlers> handlers_;
    std::shared_ptr<TlsContext> tls_;
    Timespan tls_handshake_;
};

}  // namespace grove::http
