// tls_handshake.h - a client of a WsgiServer that speaks TLS, until the handshake is done.
//
// It runs in a greenlet of its own, outside the pool, and owns the socket meanwhile. Then what it has made
// becomes a Connection. Until the client's first message is whole, that waits in the kernel: a client that sends
// half of it holds nothing of TLS.
#pragma once

#include <memory>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/detail/socket.h>
#include <grove/core/detail/tls_layer.h>
#include <grove/core/duration.h>

#include "deadline_line.h"
#include "wsgi_connection.h"

namespace grove::http {

class Multiplexing;
class OpenConnections;
class Parking;
class ServiceLog;

class TlsHandshake final : public LineHook {
public:
    /// What the handshakes of a server share.
    struct Parts {
        ServiceLog& log;
        OpenConnections& open;
        Parking& parking;
        const WsgiConnection::Parts& connections;
        const std::unique_ptr<Multiplexing>& http2;  // null: not spoken
    };

    /// Of a client that is counted.
    /// @param parts  must outlive it, as all that it names, unless it is dropped first
    /// @param peer, told  as Connection has them
    TlsHandshake(const Parts& parts, FileDescriptor fd, const Address& peer,
                 const std::shared_ptr<TlsContext>& context,
                 std::unique_ptr<const ProxiedClient> told);
    ~TlsHandshake();
    TlsHandshake(const TlsHandshake&) = delete;
    TlsHandshake& operator=(const TlsHandshake&) = delete;

    /// Blocks until it is done or dropped; then the client is a Connection, or closed.
    void run();
    /// Closes: one connection less. Its greenlet ends by itself. `why` goes to the log, unless empty.
    void drop(std::string_view why = {}) noexcept;

    Timer::Instant since{};  // when it began

private:
    void log(std::string_view why) noexcept;
    void await_hello();
    void await_client_end();
    void become_connection(const Parts& parts);

    const Parts* parts_;  // nullptr: its client is a connection, or gone
    Address peer_;
    std::unique_ptr<const ProxiedClient> proxied_;
    std::shared_ptr<TlsContext> context_;
    Socket socket_;
    std::unique_ptr<TlsLayer> layer_;  // null: the client has not said enough
    bool told_ = false;                // to the log, what became of it
};

}  // namespace grove::http
