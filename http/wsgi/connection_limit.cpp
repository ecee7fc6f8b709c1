#include <grove/http/connection_limit.h>

#include <algorithm>
#include <optional>

#include "body_line.h"
#include "limit_tenant.h"
#include "peer_limits.h"

namespace grove::http {
namespace {

constexpr std::size_t kHandshakeShare = 16;

// The tenant whose first has been there longest; nullptr: none has any.
LimitTenant* with_oldest(const std::vector<LimitTenant*>& tenants,
                         std::optional<Timer::Instant> (LimitTenant::*since)() noexcept) noexcept {
    LimitTenant* oldest = nullptr;
    std::optional<Timer::Instant> earliest;
    for (LimitTenant* tenant : tenants) {
        const auto first = (tenant->*since)();
        if (!first || (earliest && *first >= *earliest)) continue;
        earliest = first;
        oldest = tenant;
    }
    return oldest;
}

}  // namespace

ConnectionLimit::ConnectionLimit(std::size_t most)
    : most_{most},
      peers_{std::make_unique<PeerLimits>()},
      bodies_{std::make_unique<WaitingBodies>()} {}
ConnectionLimit::~ConnectionLimit() = default;

void ConnectionLimit::join(LimitTenant& tenant) { tenants_.push_back(&tenant); }
void ConnectionLimit::leave(LimitTenant& tenant) noexcept { std::erase(tenants_, &tenant); }

bool ConnectionLimit::many_handshakes() const noexcept {
    return handshakes_ != 0 && handshakes_ >= most_ / kHandshakeShare;
}

bool ConnectionLimit::full() const noexcept {
    return reached() && !many_handshakes() &&
           with_oldest(tenants_, &LimitTenant::idle_since) == nullptr;
}

void ConnectionLimit::make_room() noexcept {
    if (!reached()) return;
    if (many_handshakes()) {
        drop_oldest_handshake();
    } else if (LimitTenant* tenant = with_oldest(tenants_, &LimitTenant::idle_since)) {
        tenant->close_oldest_idle();
    }
}

bool ConnectionLimit::give_one_up() noexcept {
    const std::size_t before = open_;
    if (many_handshakes()) drop_oldest_handshake();
    while (open_ == before) {
        LimitTenant* const tenant = with_oldest(tenants_, &LimitTenant::idle_since);
        if (tenant == nullptr) return false;
        tenant->close_oldest_silent();  // below the limit nobody has looked: a request may be there
    }
    return true;
}

void ConnectionLimit::drop_oldest_handshake() noexcept {
    with_oldest(tenants_, &LimitTenant::shakes_hands_since)->drop_oldest_handshake();
}

void ConnectionLimit::count_out() noexcept {
    if (open_-- >= most_) tell_all();
}

void ConnectionLimit::one_is_idle() noexcept {
    if (reached()) tell_all();
}

void ConnectionLimit::tell_all() noexcept {
    for (LimitTenant* tenant : tenants_) tenant->tell_of_room();
    std::rotate(tenants_.begin(), tenants_.begin() + (tenants_.empty() ? 0 : 1), tenants_.end());
}

}  // namespace grove::http
