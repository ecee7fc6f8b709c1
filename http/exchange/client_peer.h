// client_peer.h - who the client at the other end of a socket is: its address, whether it is a trusted proxy, its TLS.
#pragma once

#include <string>

#include <grove/core/address.h>
#include <grove/core/detail/tls_layer.h>

#include "client_socket.h"

namespace grove::http {

/// A view of the socket, as light as a reference to it.
class ClientPeer {
public:
    explicit ClientPeer(ClientSocket& client) noexcept : client_{client} {}

    /// Or of the client that the peer told of by the PROXY protocol.
    [[nodiscard]] Address address() const noexcept;
    /// What it connected to. The kernel is asked for it once, if the listener does not tell.
    /// @param terms  always the same
    [[nodiscard]] const Address& local(const ServiceTerms& terms);
    /// What TLS agreed on, by the PROXY protocol if that tells; nullptr: the connection is plain.
    [[nodiscard]] const TlsInfo* tls() const noexcept {
        if (client_.facts_ != nullptr) return told_tls();
        return client_.tls_ != nullptr ? &client_.tls_->info() : nullptr;
    }
    /// @pre tls(). In PEM; "" if the client has shown none, or the proxy alone has seen it.
    [[nodiscard]] const std::string& certificate();
    /// It is one of terms.trusted. @param terms  always the same
    [[nodiscard]] bool trusted(const ServiceTerms& terms) noexcept {
        return client_.peer_trust_ != ClientSocket::Trust::kNone && looks_trusted(terms);
    }

private:
    [[nodiscard]] bool looks_trusted(const ServiceTerms& terms) noexcept;
    [[nodiscard]] const TlsInfo* told_tls() const noexcept;

    ClientSocket& client_;
};

}  // namespace grove::http
