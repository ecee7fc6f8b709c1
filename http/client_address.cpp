#include "client_address.h"

#include "connection.h"
#include "exchange.h"
#include "forwarded.h"
#include "wsgi_service.h"

namespace grove::http {

std::string client_address(const Exchange& exchange) {
    Connection& connection = *exchange.connection;
    if (connection.from_trusted_proxy()) {
        const WsgiService& service = connection.service();
        std::string told =
            forwarded_address(exchange.head, service.trusted_proxies(), service.forwarded());
        if (!told.empty()) return told;
    }
    return connection.peer().host();
}

}  // namespace grove::http
