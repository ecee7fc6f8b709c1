// wsgi_options.h - the options of an application's server (gevent.pywsgi). Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/duration.h>
#include <grove/http/access_log.h>
#include <grove/http/error_log.h>
#include <grove/http/http2_options.h>
#include <grove/http/limits.h>
#include <grove/http/listener.h>
#include <grove/http/metrics.h>
#include <grove/http/mount_options.h>
#include <grove/http/proxies.h>

namespace grove {
class TlsContext;
}

namespace grove::http {

class ConnectionLimit;

/// The members of ServerOptions (server_options.h) in their order, then what HTTP adds.
struct WsgiOptions {
    /// As in ServerOptions.
    /// @{
    Spawn spawn{};
    std::optional<int> backlog{};
    bool reuse_addr = true;
    bool reuse_port = false;
    int max_accept = 100;
    Duration min_delay = std::chrono::milliseconds{10};
    Duration max_delay = std::chrono::seconds{1};
    Duration stop_timeout = std::chrono::seconds{1};
    std::shared_ptr<TlsContext> tls{};
    std::function<bool()> others_first{};
    /// @}

    std::size_t max_connections = 10000;  ///< Open at once, idle ones included.
    /// A limit shared with other servers, in place of max_connections; {}: a limit of its own.
    std::shared_ptr<ConnectionLimit> connection_limit{};
    std::size_t stack_bytes = 0;  ///< For a handler's stack; 0: 64 KiB.
    Timeouts timeouts{};          ///< For each request and connection.
    Limits limits{};              ///< For each request.
    AccessLog access_log{};       ///< {}: none.
    ErrorLog error_log{};         ///< {}: standard error.
    std::string server_name{};    ///< SERVER_NAME; "": the address the client connected to.
    std::string server_header{};  ///< The Server field of responses without their own; "": none.
    bool multiprocess = false;    ///< wsgi.multiprocess: other processes serve it too.
    std::uint32_t keepalive_requests = 0;  ///< Answers on one connection before it closes; 0: any.
    /// Answers of HTTP/1.1 say "Keep-Alive: timeout=N", too; N is timeouts.idle in whole seconds.
    /// Clients that heed it do not reuse a connection that is about to be closed. Answers of
    /// HTTP/1.0 say it in any case.
    bool keep_alive_hint = false;
    /// timeouts.abandoned counts from the client's end (FIN), too. A client that only sends nothing
    /// more looks the same, although it may still wait for its answer.
    bool abandoned_on_fin = false;
    ServerMetrics* metrics = nullptr;  ///< The server counts there; must outlive the server.
    bool measure_durations = true;     ///< With metrics: costs two clock readings a request.
    /// Gives every request an id: grove.request_id of its environ, X-Request-Id of its answer, and
    /// in both logs.
    bool request_ids = false;
    /// Gives the return addresses of the calls that threw an exception, for the report of a failed
    /// request. Set by a program that notes them at each throw; {}: nobody knows them.
    std::function<std::vector<const void*>(const std::exception_ptr&)> throw_point{};
    /// Addresses and networks ("10.0.0.0/8") whose X-Forwarded-For, X-Forwarded-Proto and
    /// X-Request-Id are believed; "unix": every client of a unix socket.
    /// @throws std::invalid_argument (the server's constructor)
    std::vector<std::string> trusted_proxies{};
    Forwarded forwarded = Forwarded::kXForwarded;  ///< The believed fields of trusted proxies.
    /// Trusted proxies must begin each connection with such a PROXY header, before TLS, too; every
    /// other connection is closed. For the environ, limits and logs, the peer is then the client
    /// that the header tells of. That client is itself looked for in trusted_proxies.
    /// @throws std::invalid_argument (the server's constructor) if there are no trusted proxies
    ProxyProtocol proxy_protocol = ProxyProtocol::kNone;
    /// The options that only the requests below some paths have. They apply before an application
    /// is called; Mounts, or whatever else finds the application, knows nothing of them. {}: all
    /// options are the server's. @throws std::invalid_argument (the server's constructor) for a
    /// path that does not begin with "/" or is there twice, a method or a header that cannot be, a
    /// pool of another thread
    std::vector<MountOptions> mounts{};
    /// Every request belongs to a trace: grove.traceparent of its environ, AccessRecord::trace. A
    /// trusted proxy's traceparent field is taken over.
    bool traceparent = false;
    /// From stopping() on, the WebSockets that are open are closed with code 1001 evenly over so
    /// long, so that their clients do not all come back at once; stop() closes the rest. 0: at once.
    Duration drain_delay{};
    /// HTTP/2, which TLS clients that know it are offered first (ALPN); {}: none.
    std::optional<Http2Options> http2{};
    /// With http2, and without tls: a connection may begin with HTTP/2's preface. A client that asks
    /// for an upgrade to it is answered in HTTP/1.1.
    bool h2c = false;
};

}  // namespace grove::http
