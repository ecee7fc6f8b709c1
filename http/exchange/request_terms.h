// request_terms.h - what one request goes by: its mount's terms, where that has its own, else the server's.
#pragma once

#include <utility>

#include "mount_terms.h"
#include "refusal.h"
#include "request_state.h"
#include "service_terms.h"

namespace grove::http {

inline const Limits& limits_of(const RequestState& request) noexcept {
    return request.mount != nullptr ? request.mount->limits : request.terms.limits;
}
inline const Timeouts& timeouts_of(const RequestState& request) noexcept {
    return request.mount != nullptr ? request.mount->timeouts : request.terms.timeouts;
}

/// Finds the mount of a request whose head has just been parsed. @return why it is not served there
/// @pre some mounts of its server have terms of their own
[[nodiscard]] Refusal choose_mount(RequestState& request);

/// Gives back what the request has of its mount's pool, if anything. @return whether it had
inline bool leave_mount_pool(RequestState& request) noexcept {
    if (request.pool == nullptr) return false;
    std::exchange(request.pool, nullptr)->release();
    return true;
}

}  // namespace grove::http
