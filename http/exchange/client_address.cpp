#include "client_address.h"

#include "client_peer.h"
#include "exchange.h"
#include "forwarded.h"
#include "service_terms.h"

namespace grove::http {

std::string client_address(const Exchange& exchange) {
    const ServiceTerms& terms = exchange.terms;
    if (exchange.client->peer().trusted(terms)) {
        std::string told = forwarded_address(exchange.head, terms.trusted, terms.forwarded);
        if (!told.empty()) return told;
    }
    return exchange.client->peer().address().host();
}

}  // namespace grove::http
