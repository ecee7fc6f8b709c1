#include "client_peer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy_header.h"
#include "service_terms.h"

namespace grove::http {

Address ClientPeer::address() const noexcept {
    const auto* const peer = reinterpret_cast<const sockaddr*>(client_.peer_.data());
    const std::size_t bytes = peer->sa_family == AF_INET    ? sizeof(sockaddr_in)
                              : peer->sa_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                            : 0;
    return {peer, static_cast<socklen_t>(bytes)};
}

const Address& ClientPeer::local(const ServiceTerms& terms) {
    if (terms.local.family() != 0) return terms.local;
    if (client_.facts_ == nullptr) client_.facts_ = std::make_unique<ClientSocket::Facts>();
    auto& local = client_.facts_->local;
    return local ? *local : local.emplace(Address::local_of(client_.socket_.fd()));
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
    if (const auto& shared = client_.facts_->peer) return shared->tls ? &*shared->tls : nullptr;
    const ProxiedClient* const told = client_.facts_->told.get();
    if (told != nullptr && told->tells_scheme) return told->over_tls ? &told->tls : nullptr;
    return client_.tls_ != nullptr ? &client_.tls_->info() : nullptr;
}

const std::string& ClientPeer::certificate() {
    static const std::string kNone;
    const auto& facts = client_.facts_;
    if (facts != nullptr && facts->peer != nullptr) return facts->peer->certificate;
    return facts != nullptr && facts->told != nullptr && facts->told->tells_scheme
               ? kNone
               : client_.tls_->peer_certificate();
}

}  // namespace grove::http
