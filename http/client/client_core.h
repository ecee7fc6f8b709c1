// client_core.h - what all requests of a client share. Thread: its hub's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <grove/core/duration.h>
#include <grove/core/tls.h>
#include <grove/http/client.h>

#include "asked.h"
#include "connection_keeper.h"

namespace grove::http {

class ClientCore {
public:
    /// @throws std::invalid_argument as Client
    explicit ClientCore(ClientOptions options);

    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }
    [[nodiscard]] ConnectionKeeper& keeper() noexcept { return *keeper_; }

    /// A new connection to the host that is asked; blocks.
    /// @throws ClientError: kResolve, kConnect, kTls, kTimeout
    std::unique_ptr<OutgoingConnection> dial(const Asked& asked, Timespan timeout);

private:
    Stream secured(Stream plain, const Asked& asked, Timespan timeout);

    ClientOptions options_;
    std::shared_ptr<ConnectionKeeper> keeper_;
};

/// The earlier of both.
[[nodiscard]] inline Timespan earlier(Timespan a, Timespan b) {
    if (!a || !b) return a ? a : b;
    return *a < *b ? a : b;
}

/// Calls `io`, which waits for the peer: what it throws becomes a ClientError.
template <class Io>
auto calling_peer(const Asked& asked, const char* doing, Io&& io) {
    try {
        return io();
    } catch (const SocketTimeout&) {
        throw ClientError{ClientError::Kind::kTimeout, asked.label() + ": timed out " + doing};
    } catch (const std::system_error& error) {
        throw ClientError{ClientError::Kind::kClosed,
                          asked.label() + ": the connection broke " + doing + ": " + error.what()};
    }
}

}  // namespace grove::http
