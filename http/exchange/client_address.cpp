#include "client_address.h"

#include "client_socket.h"
#include "exchange.h"
#include "forwarded.h"
#include "service_terms.h"

namespace grove::http {

std::string client_address(const Exchange& exchange) {
    const ServiceTerms& terms = exchange.terms;
    if (exchange.client->from_trusted_proxy(terms)) {
        std::string told = forwarded_address(exchange.head, terms.trusted, terms.forwarded);
        if (!told.empty()) return told;
    }
    return exchange.client->peer().host();
}

}  // namespace grove::http
