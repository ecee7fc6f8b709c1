#include "client_peer.h"

#include <sys/socket.h>

#include "proxy_header.h"
#include "service_terms.h"

namespace grove::http {

Address ClientPeer::address() const noexcept {
    return {reinterpret_cast<const sockaddr*>(client_.peer_.data()), client_.peer_bytes_};
}

bool ClientPeer::looks_trusted(const ServiceTerms& terms) noexcept {
    if (client_.peer_trust_ == ClientSocket::Trust::kUnknown) {
        client_.peer_trust_ = terms.is_trusted(address(), client_.socket_.fd())
                                  ? ClientSocket::Trust::kTrusted
                                  : ClientSocket::Trust::kNone;
    }
    return client_.peer_trust_ == ClientSocket::Trust::kTrusted;
}

const TlsInfo* ClientPeer::told_tls() const noexcept {
    if (client_.told_->tells_scheme) return client_.told_->over_tls ? &client_.told_->tls : nullptr;
    return client_.tls_ != nullptr ? &client_.tls_->info() : nullptr;
}

const std::string& ClientPeer::certificate() {
    static const std::string kNone;
    return client_.told_ != nullptr && client_.told_->tells_scheme
               ? kNone
               : client_.tls_->peer_certificate();
}

}  // namespace grove::http
