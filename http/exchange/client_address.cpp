#include "client_address.h"

#include "client_peer.h"
#include "forwarded.h"
#include "request_state.h"
#include "service_terms.h"

namespace grove::http {

std::string client_address(const RequestState& request) {
    const ServiceTerms& terms = request.terms;
    if (ClientPeer{*request.client}.trusted(terms)) {
        std::string told = forwarded_address(request.head, terms.trusted, terms.forwarded);
        if (!told.empty()) return told;
    }
    return ClientPeer{*request.client}.address().host();
}

}  // namespace grove::http
