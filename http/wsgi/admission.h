// admission.h - clients that are counted, and have been greeted if a proxy speaks for them: each becomes a connection, at
// once or when its TLS handshake is done.
#pragma once

#include <memory>
#include <optional>

#include <grove/core/address.h>
#include <grove/core/detail/timer.h>
#include <grove/core/detail/tls_layer.h>
#include <grove/core/file_descriptor.h>

#include "deadline_line.h"
#include "tls_handshake.h"
#include "wsgi_connection.h"

namespace grove::http {

class Multiplexing;
class Parking;
struct ServiceTerms;

class Admission {
public:
    /// All must outlive it. @param tls  null: plain @param http2  null: not spoken
    Admission(const ServiceTerms& terms, std::shared_ptr<TlsContext> tls,
              const WsgiConnection::Parts& connections, Parking& parking,
              const std::unique_ptr<Multiplexing>& http2);
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    /// @param peer, told  as Connection has them @throws std::exception: it is closed, and counted no more
    void begin(FileDescriptor fd, const Address& peer, std::unique_ptr<const ProxiedClient> told);

    /// When the oldest handshake began; nullopt: there is none.
    [[nodiscard]] std::optional<Timer::Instant> shake_hands_since() const noexcept {
        return handshakes_.oldest();
    }
    /// @pre shake_hands_since()
    void drop_oldest_handshake() noexcept;
    /// Those that shake hands.
    void drop_all() noexcept;

private:
    [[nodiscard]] bool is_worth_a_look() noexcept;

    const std::shared_ptr<TlsContext> tls_;  // null: plain. Shared: with other servers.
    const TlsHandshake::Parts parts_;
    int unlooked_ = 0;  // newcomers to come that are not looked at
    DeadlineLine<TlsHandshake> handshakes_;
};

}  // namespace grove::http
