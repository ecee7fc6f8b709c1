// request_terms.h - what one request goes by: its mount's terms, where that has its own, else the server's.
#pragma once

#include <utility>

#include "exchange.h"
#include "mount_terms.h"
#include "service_terms.h"

namespace grove::http {

inline const Limits& limits_of(const Exchange& exchange) noexcept {
    return exchange.mount != nullptr ? exchange.mount->limits : exchange.terms.limits;
}
inline const Timeouts& timeouts_of(const Exchange& exchange) noexcept {
    return exchange.mount != nullptr ? exchange.mount->timeouts : exchange.terms.timeouts;
}

/// Gives back what the request has of its mount's pool, if anything. @return whether it had
inline bool leave_mount_pool(Exchange& exchange) noexcept {
    if (exchange.pool == nullptr) return false;
    std::exchange(exchange.pool, nullptr)->release();
    return true;
}

}  // namespace grove::http
