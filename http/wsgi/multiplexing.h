// multiplexing.h - what lets a connection carry many requests at once (HTTP/2), as a service knows it.
#pragma once

#include <memory>

#include <grove/http/http2_options.h>

#include "wsgi_connection.h"

namespace grove {
struct TlsInfo;
}

namespace grove::http {

class InFlight;
class Parking;

/// All connections of one service that do.
class Multiplexing {
public:
    /// What it has of its service. All of it outlives it.
    struct Parts {
        const WsgiConnection::Parts& connections;
        Parking& parking;
        InFlight& in_flight;
    };

    Multiplexing() = default;
    Multiplexing(const Multiplexing&) = delete;
    Multiplexing& operator=(const Multiplexing&) = delete;
    virtual ~Multiplexing() = default;

    /// Of the service. http2 has it, as no room below may know that. @throws std::invalid_argument for an option
    [[nodiscard]] static std::unique_ptr<Multiplexing> make(const Http2Options& options,
                                                            const Parts& parts);

    /// The connection, which has had no request, speaks HTTP/2 from now on. What has come of it is in its input.
    /// @param tls  what its handshake has agreed on; nullptr: it is plain @throws std::exception: it does not
    virtual void begin(Connection& connection, const TlsInfo* tls) = 0;
    /// Takes no more requests on any of them, and lets those that came end. Clients are told.
    virtual void retire() noexcept = 0;
    virtual void close_all() noexcept = 0;
};

}  // namespace grove::http
