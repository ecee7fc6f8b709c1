#include "running_exchange.h"

#include <utility>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "exchange.h"

namespace grove::http {
namespace {

// Initial-exec as in date.cpp.
[[gnu::tls_model("initial-exec")]] thread_local constinit ExchangeFinder* first = nullptr;

}  // namespace

ExchangeFinder::ExchangeFinder() noexcept : next_{std::exchange(first, this)} {}

ExchangeFinder::~ExchangeFinder() {
    ExchangeFinder** at = &first;
    while (*at != nullptr && *at != this) at = &(*at)->next_;
    if (*at != nullptr) *at = next_;
}

Exchange* running_exchange() noexcept {
    if (first == nullptr) return nullptr;  // and perhaps there is no hub
    return exchange_served_by(getcurrent().id());
}

Exchange* exchange_served_by(std::uint64_t greenlet) noexcept {
    for (const ExchangeFinder* one = first; one != nullptr; one = one->next_) {
        Exchange* const exchange = one->exchange_of(greenlet);
        if (exchange != nullptr) return exchange->client != nullptr ? exchange : nullptr;
    }
    return nullptr;
}

}  // namespace grove::http
