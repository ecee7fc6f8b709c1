#include "peer_rules.h"

#include <chrono>
#include <ctime>
#include <string>

#include <sys/socket.h>

#include <grove/core/hub.h>

#include "client_peer.h"
#include "exchange.h"
#include "response_head.h"
#include "service_log.h"

namespace grove::http {

std::optional<std::uint64_t> PeerRules::counted_by(const Address& peer) const {
    if (terms_.limits.connections_per_ip == Limits::kUnbounded || terms_.trusted.holds(peer.host()))
        return std::nullopt;
    return peer_key(peer);
}

// No answer of a server to too many is dearer than the least: it may not even arrive.
bool PeerRules::admits(const FileDescriptor& fd, const Address& peer, ServiceLog& log) {
    const auto key = counted_by(peer);
    const std::size_t most = terms_.limits.connections_per_ip;
    if (!key || known_.connections(*key) < most) return true;
    metrics_.count_request(503);
    if (!over_tls_) {
        std::string answer;
        append_simple_response(answer, 503, std::time(nullptr), false, {}, 1);
        ::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (known_.is_worth_a_line(*key, get_hub().now())) log.too_many_of(peer, most);
    return false;
}

int PeerRules::comes_too_early(ClientSocket& client, Exchange& exchange) {
    const auto key = ClientPeer{client}.trusted(terms_)
                         ? std::optional{peer_key(std::string{exchange.environ["REMOTE_ADDR"]})}
                         : peer_key(ClientPeer{client}.address());
    if (!key) return 0;
    const Duration early =
        known_.take_request(*key, *terms_.limits.requests_per_ip, get_hub().now());
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(early).count());
}

}  // namespace grove::http
