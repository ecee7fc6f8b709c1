// wsgi_options.h - how a server of an application is set up (gevent.pywsgi). Plain values.
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
#include <grove/http/limits.h>
#include <grove/http/listener.h>
#include <grove/http/metrics.h>
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

    std::size_t max_connections = 10000;  ///< Open at once, idle ones too.
    /// Shared with other servers, in place of max_connections; {}: one of its own.
    std::shared_ptr<ConnectionLimit> connection_limit{};
    std::size_t stack_bytes = 0;  ///< Of a handler's stack; 0: 64 KiB.
    Timeouts timeouts{};          ///< Of each request and connection.
    Limits limits{};              ///< Of each request.
    AccessLog access_log{};       ///< {}: none.
    ErrorLog error_log{};         ///< {}: standard error.
    std::string server_name{};    ///< SERVER_NAME; "": the address the client connected to.
    std::string server_header{};  ///< The Server field of responses that have none; "": none.
    bool multiprocess = false;    ///< wsgi.multiprocess: other processes serve it too.
    std::uint32_t keepalive_requests = 0;  ///< Answers on one connection before it closes; 0: any.
    /// Answers of HTTP/1.1 say "Keep-Alive: timeout=N", too, N being the whole seconds of timeouts.idle: clients that
    /// heed it do not use a connection again that is about to be closed. Those of 1.0 say so in any case.
    bool keep_alive_hint = false;
    ServerMetrics* metrics = nullptr;  ///< Counted there; it must outlive the server.
    bool measure_durations = true;  ///< If there are metrics: two readings of the clock a request.
    /// Every request has an id: grove.request_id of its environ, X-Request-Id of its answer, and in both logs.
    bool request_ids = false;
    /// Return addresses of the calls that threw an exception, for the report of a request that failed: whoever
    /// notes them at each throw gives this. {}: nobody knows.
    std::function<std::vector<const void*>(const std::exception_ptr&)> throw_point{};
    /// Addresses and networks ("10.0.0.0/8") whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are
    /// believed; "unix": of all that come over a unix socket. @throws std::invalid_argument (the server's constructor)
    std::vector<std::string> trusted_proxies{};
    Forwarded forwarded = Forwarded::kXForwarded;  ///< Which of their fields are believed.
    /// Trusted proxies must begin each connection with that header, before TLS, too; others are closed. The client it
    /// tells of is the peer then, for the environ, limits and logs, and is asked in its turn whether it is one of
    /// trusted_proxies. @throws std::invalid_argument (the server's constructor) if there are none
    ProxyProtocol proxy_protocol = ProxyProtocol::kNone;
};

}  // namespace grove::http
