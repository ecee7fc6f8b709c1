// peer_rules.h - what a server grants one address by its limits: connections, and requests in a second.
#pragma once

#include <cstdint>
#include <optional>

#include <grove/core/address.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/metrics.h>

#include "peer_limits.h"
#include "service_terms.h"

namespace grove::http {

class ClientSocket;
class Exchange;
class ServiceLog;

class PeerRules {
public:
    /// @param known  must outlive it, as terms and metrics
    /// @param over_tls  an answer needs a handshake first
    PeerRules(const ServiceTerms& terms, PeerLimits& known, ServerMetrics& metrics, bool over_tls)
        : terms_{terms}, known_{known}, metrics_{metrics}, over_tls_{over_tls} {}

    /// Whether it may have one connection more; else the connection is told so, if that need not wait, and `log`.
    [[nodiscard]] bool admits(const FileDescriptor& fd, const Address& peer, ServiceLog& log);
    void enter(const Address& peer) {
        if (const auto key = counted_by(peer)) known_.enter(*key);
    }
    void leave(const Address& peer) noexcept {
        if (const auto key = counted_by(peer)) known_.leave(*key);
    }
    /// A head that was parsed, with limits.requests_per_ip. @return seconds; 0: it does not
    [[nodiscard]] int comes_too_early(ClientSocket& client, Exchange& exchange);

private:
    /// What limits.connections_per_ip counts it by; nullopt: it does not.
    [[nodiscard]] std::optional<std::uint64_t> counted_by(const Address& peer) const;

    const ServiceTerms& terms_;
    PeerLimits& known_;
    ServerMetrics& metrics_;
    const bool over_tls_;
};

}  // namespace grove::http
