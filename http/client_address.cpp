#include "client_address.h"

#include "connection.h"
#include "exchange.h"
#include "forwarded.h"
#include "service_terms.h"

namespace grove::http {

std::string client_address(const Exchange& exchange) {
    Connection& connection = *exchange.connection;
    if (connection.from_trusted_proxy()) {
        const ServiceTerms& terms = exchange.terms;
        std::string told = forwarded_address(exchange.head, terms.trusted, terms.forwarded);
        if (!told.empty()) return told;
    }
    return connection.peer().host();
}

}  // namespace grove::http
