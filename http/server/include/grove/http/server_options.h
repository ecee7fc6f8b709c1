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

/// How a server listens and spawns handlers (gevent's BaseServer and StreamServer). Checked when
/// the server is made.
struct ServerOptions {
    Spawn spawn{};                 ///< Where handlers run, and how many at once.
    std::optional<int> backlog{};  ///< nullopt: 128; only with an address, not with a descriptor.
    bool reuse_addr = true;        ///< SO_REUSEADDR.
    bool reuse_port = false;       ///< SO_REUSEPORT: several processes may listen.
    int max_accept = 100;  ///< Connections accepted in one go before others run; at least 1.
    /// The first pause of accepting after an error; each further pause is twice as long, up to
    /// max_delay.
    Duration min_delay = std::chrono::milliseconds{10};
    Duration max_delay = std::chrono::seconds{1};  ///< The longest pause.
    /// How long stop() waits for handlers before it kills them.
    Duration stop_timeout = std::chrono::seconds{1};
    /// The server speaks TLS with this context; {}: no TLS. Servers may share a context, and the
    /// context may be reloaded while they serve.
    std::shared_ptr<TlsContext> tls{};
    /// A connection whose handshake takes longer is closed.
    Timespan tls_handshake = std::chrono::seconds{10};
    /// Asked before each accept, where others accept from the same queue: true leaves the
    /// connection to the others for a moment; a connection that nobody took is then accepted here.
    /// {}: never asked. Must not block.
    std::function<bool()> others_first{};
};

}  // namespace grove::http
