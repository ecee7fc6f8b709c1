#include "traceparent.h"

#include <string>
#include <utility>

#include "client_peer.h"
#include "client_socket.h"
#include "request_state.h"
#include "service_terms.h"
#include "trace_context.h"

namespace grove::http {
namespace {

// Of two one may be the client's: not every proxy takes it away before it adds its own.
std::string told(RequestState& request) {
    if (!ClientPeer{*request.client}.trusted(request.terms)) return {};
    const Field* const field = request.head.find_only("traceparent");
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

std::string_view traceparent_of(RequestState& request) {
    if (request.terms.trace_ids == nullptr) return {};
    auto& viewed = request.viewed.traceparent;
    if (!viewed) {
        std::string text = told(request);
        if (text.empty()) text = begun(*request.terms.trace_ids);
        viewed = request.made.emplace_back(std::move(text));
    }
    return *viewed;
}

}  // namespace grove::http
