#include "traceparent.h"

#include <string>
#include <utility>

#include "client_peer.h"
#include "client_socket.h"
#include "exchange.h"
#include "service_terms.h"
#include "trace_context.h"

namespace grove::http {
namespace {

// Of two one may be the client's: not every proxy takes it away before it adds its own.
std::string told(Exchange& exchange) {
    if (!exchange.client->peer().trusted(exchange.terms)) return {};
    const Field* const field = exchange.head.find_only("traceparent");
    return field != nullptr ? told_traceparent(field->value) : std::string{};
}

std::string begun(RequestIds& ids) {
    std::string digits;
    for (int i = 0; i < 3; ++i) {
        const RequestIds::Id some = ids.make();
        digits.append(some.data(), some.size());
    }
    return begun_traceparent(digits);
}

}  // namespace

std::string_view traceparent_of(Exchange& exchange) {
    if (exchange.terms.trace_ids == nullptr) return {};
    auto& viewed = exchange.viewed.traceparent;
    if (!viewed) {
        std::string text = told(exchange);
        if (text.empty()) text = begun(*exchange.terms.trace_ids);
        viewed = exchange.made.emplace_back(std::move(text));
    }
    return *viewed;
}

}  // namespace grove::http
