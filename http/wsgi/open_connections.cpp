#include "open_connections.h"

#include <grove/http/connection_limit.h>

#include "peer_rules.h"

namespace grove::http {

void OpenConnections::enter(const Address& peer) {
    peers_.enter(peer);
    ++count_;
    metrics_.connections.add();
    limit_.count_in();
}

void OpenConnections::leave(const Address& peer) noexcept {
    peers_.leave(peer);
    --count_;
    metrics_.connections.subtract();
    fewer_.set();
    limit_.count_out();
}

void OpenConnections::handshake_began() noexcept { limit_.handshake_began(); }
void OpenConnections::handshake_ended() noexcept { limit_.handshake_ended(); }

bool OpenConnections::at_limit() const noexcept { return limit_.reached(); }
void OpenConnections::one_is_idle() noexcept { limit_.one_is_idle(); }

bool OpenConnections::join(Timespan timeout) {
    const Deadline deadline{timeout};
    while (count_ != 0) {
        fewer_.clear();
        if (!fewer_.wait(deadline.left())) return false;
    }
    return true;
}

}  // namespace grove::http
