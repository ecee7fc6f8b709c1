#include "exchange.h"

#include <utility>

#include <grove/core/hub.h>

#include "request_terms.h"
#include "service_terms.h"

namespace grove::http {

Exchange::Exchange(const ServiceTerms& of_server) : ServedRequest{of_server} {}

Exchange::~Exchange() = default;

void Exchange::begin() {
    ended_ = false;
    body.begin();
    response.begin();
    join_line();
    began = joined;
    pace = {};
    limited_by_application = false;
}

void Exchange::join_line() {
    Hub& hub = get_hub();  // the coarse clock is cheap, and will do for a list of what runs
    joined = terms.wants_time ? hub.now() : hub.loop().tick();
}

void Exchange::end() noexcept {
    owed_.cancel();
    client = nullptr;
    hook = nullptr;
    request_id_ = {};
    if (!overrides.empty()) overrides.clear();
    if (!made.empty()) made.clear();
    if (!handed_on.empty()) drop_handed_on();
    viewed = {};
    environ.input_.reset();
    errors.reset();
    upgraded.reset();
    protocol = nullptr;
    rest.drop();
    leave_mount_pool(*this);
    mount = nullptr;
}

// Taken out first: a destructor of the application's may ask for more.
[[gnu::cold, gnu::noinline]] void Exchange::drop_handed_on() noexcept {
    const auto over = std::exchange(handed_on, {});
}

}  // namespace grove::http
