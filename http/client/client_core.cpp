#include "client_core.h"

#include <stdexcept>
#include <string_view>
#include <utility>

#include <grove/core/connect.h>
#include <grove/core/errors.h>
#include <grove/core/resolver.h>

namespace grove::http {
namespace {

using Kind = ClientError::Kind;

Stream connect_to(const Asked& asked, Timespan timeout) {
    const Url& url = asked.url;
    try {
        if (!url.socket.empty()) return connect(Address::unix_path(url.socket), timeout);
        return connect(url.host, url.port, timeout);
    } catch (const SocketTimeout& late) {
        throw ClientError{Kind::kTimeout, asked.label() + ": " + late.what()};
    } catch (const std::system_error& error) {
        const bool unresolved = std::string_view{error.code().category().name()} == "resolver";
        throw ClientError{unresolved ? Kind::kResolve : Kind::kConnect,
                          asked.label() + ": " + error.what()};
    }
}

}  // namespace

ClientCore::ClientCore(ClientOptions options) : options_{std::move(options)} {
    if (options_.per_host == 0)
        throw std::invalid_argument{"ClientOptions: per_host is 0; a host needs one connection"};
    if (!is_field_value(options_.user_agent))
        throw std::invalid_argument{"ClientOptions: user_agent has a control byte"};
    keeper_ =
        std::make_shared<ConnectionKeeper>(options_.per_host, options_.idle_total, options_.idle);
}

std::unique_ptr<OutgoingConnection> ClientCore::dial(const Asked& asked, Timespan timeout) {
    const Deadline deadline{timeout};
    Stream stream = connect_to(asked, deadline.left());
    if (asked.url.tls) stream = secured(std::move(stream), asked, deadline.left());
    return std::make_unique<OutgoingConnection>(std::move(stream));
}

Stream ClientCore::secured(Stream plain, const Asked& asked, Timespan timeout) {
    const std::string& host = asked.url.host;
    try {
        if (options_.tls == nullptr) options_.tls = TlsContext::client();
        return tls_connect(std::move(plain), options_.tls, host, timeout);
    } catch (const SocketTimeout&) {
        throw ClientError{Kind::kTimeout,
                          asked.label() + ": TLS with " + host + ": no answer in time"};
    } catch (const std::system_error& error) {
        throw ClientError{Kind::kTls, asked.label() + ": TLS with " + host + ": " + error.what()};
    }
}

}  // namespace grove::http
