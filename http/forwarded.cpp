#include "forwarded.h"

#include <arpa/inet.h>

#include <grove/core/address.h>

#include "ascii.h"
#include "connection.h"
#include "exchange.h"
#include "wsgi_service.h"

namespace grove::http {
namespace {

constexpr int kMostProxies = 32;

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80". @return "" if it is none
std::string address_in(std::string_view element) {
    if (element.starts_with('[')) {
        const std::size_t end = element.find(']');
        if (end == element.npos || (end + 1 < element.size() && element[end + 1] != ':')) return {};
        element = element.substr(1, end - 1);
    } else if (element.find(':') == element.rfind(':')) {
        element = element.substr(0, element.find(':'));
    }
    const std::string text{element};
    in6_addr bytes{};
    const bool good = ::inet_pton(AF_INET, text.c_str(), &bytes) == 1 ||
                      ::inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
    return good ? Address::ip(text, 0).host() : std::string{};
}

std::string_view last_element(std::string_view list) {
    return trim_ows(list.substr(list.rfind(',') + 1));
}

}  // namespace

std::string forwarded_address(const RequestHead& head, const TrustedProxies& trusted) {
    std::string client;
    int proxies = 0;
    const auto fields = head.fields();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (!matches(field->name, "x-forwarded-for")) continue;
        std::string_view list = field->value;
        for (bool more = true; more;) {
            std::string address = address_in(last_element(list));
            if (address.empty() || ++proxies > kMostProxies) return client;
            client = std::move(address);
            if (!trusted.holds(client)) return client;
            more = list.find(',') != list.npos;
            list = list.substr(0, list.rfind(','));
        }
    }
    return client;
}

std::string_view forwarded_scheme(const RequestHead& head) noexcept {
    const auto fields = head.fields();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (!matches(field->name, "x-forwarded-proto")) continue;
        const std::string_view scheme = last_element(field->value);
        for (const std::string_view known : {"https", "http"}) {
            if (matches(scheme, known)) return known;
        }
        return {};
    }
    return {};
}

std::string client_address(const Exchange& exchange) {
    Connection& connection = *exchange.connection;
    if (connection.from_trusted_proxy()) {
        std::string told = forwarded_address(exchange.head, connection.service().trusted_proxies());
        if (!told.empty()) return told;
    }
    return connection.peer().host();
}

}  // namespace grove::http
