// server_options.h - how a server listens (gevent.baseserver). Plain values.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <grove/core/duration.h>
#include <grove/http/listener.h>

namespace grove {
class TlsContext;
}

namespace grove::http {

/// How a server listens and what it spawns (gevent's BaseServer and StreamServer). Checked when the
/// server is made.
struct ServerOptions {
    Spawn spawn{};                 ///< Where handlers run, and how many at once.
    std::optional<int> backlog{};  ///< 128 if absent; only with an address, not with a descriptor.
    bool reuse_addr = true;        ///< SO_REUSEADDR.
    bool reuse_port = false;       ///< SO_REUSEPORT: several processes may listen.
    int max_accept = 100;  ///< Connections accepted in one go before others run; at least 1.
    Duration min_delay =
        std::chrono::milliseconds{10};             ///< Pause of accepting after an error, doubling
    Duration max_delay = std::chrono::seconds{1};  ///< up to this.
    Duration stop_timeout =
        std::chrono::seconds{1};  ///< What stop() gives handlers before it kills them.
    /// The server speaks TLS by it; {}: plain. One context may be shared, and reloaded while it serves.
    std::shared_ptr<TlsContext> tls{};
    Timespan tls_handshake = std::chrono::seconds{10};  ///< Then the connection is closed.
    /// Asked before each accept, where others accept from the same queue: true leaves the connection to them
    /// for a moment. What nobody took is taken then. {}: never. Must not block.
    std::function<bool()> others_first{};
};

}  // namespace grove::http
