#include "request_limit.h"

#include <chrono>
#include <exception>
#include <utility>

#include <grove/core/hub.h>

#include "client_end.h"
#include "request_state.h"

namespace grove::http {
namespace {

constexpr Duration kTimeToEnd = std::chrono::seconds{1};  // of who is told that his time has passed

}  // namespace

// The timer is due at the moment at which the guard throws, in the hub, while the greenlet still stands where its
// time ran out: what is thrown unwinds it.
RequestLimit::RequestLimit(RequestState& request, Timer::Instant deadline, LimitHook& hook)
    : request_{request},
      client_{*request.client},
      hook_{hook},
      greenlet_{getcurrent()},
      guard_{deadline - get_hub().now(), Passed{}} {
    request_.stack.clear();
    get_hub().arm(*this, deadline);
}

RequestLimit::~RequestLimit() { cancel(); }

void RequestLimit::cancel() noexcept {
    guard_.cancel();
    if (armed()) get_hub().cancel(*this);
}

void RequestLimit::expired() noexcept {
    get_hub().arm_after(*this, kTimeToEnd);
    if (std::exchange(passed_, true)) return insist();
    try {
        request_.stack = hook_.stack_of(greenlet_);
    } catch (const std::exception&) {  // no memory: without it, then
    }
}

void RequestLimit::insist() noexcept {
    if (!request_.answer.given_up()) {
        hook_.report_unkillable(request_, greenlet_);
        request_.answer.give_up();
        ClientEnd{client_}.cut_off();
    }
    guard_.throw_again();
}

}  // namespace grove::http
