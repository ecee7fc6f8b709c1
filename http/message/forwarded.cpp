#include "forwarded.h"

#include <utility>

#include <arpa/inet.h>

#include <grove/core/address.h>

#include "ascii.h"
#include "authority.h"
#include "forwarded_field.h"

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

// The last element of the last field of that name. "": there is no such field
std::string_view last_of(const RequestHead& head, std::string_view lower_name) noexcept {
    const auto fields = head.fields();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (matches(field->name, lower_name)) return last_element(field->value);
    }
    return {};
}

std::string x_forwarded_address(const RequestHead& head, const TrustedProxies& trusted) {
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

// The word of the farthest trusted proxy. The nearest proxy is trusted; a farther proxy is
// trusted if its address is in the list, and a trusted proxy names the address as its client's.
struct Told {
    std::string address;  // of that proxy's client, if the proxy names it; else its own, or ""
    ForwardedElement element;
};

Told told_by_forwarded(const RequestHead& head, const TrustedProxies& trusted) {
    Told told;
    int proxies = 0;
    const auto fields = head.fields();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (!matches(field->name, "forwarded")) continue;
        std::string_view list = field->value;
        do {
            const auto element = take_last_element(list);
            if (!element || ++proxies > kMostProxies) return told;
            told.element = *element;
            std::string address = address_in(element->node);
            if (address.empty()) return told;
            told.address = std::move(address);
            if (!trusted.holds(told.address)) return told;
        } while (!list.empty());
    }
    return told;
}

std::string_view port_of(std::string_view authority) noexcept {
    const std::size_t colon = authority.rfind(':');
    return colon == authority.npos || authority.find(']', colon) != authority.npos
               ? std::string_view{}
               : authority.substr(colon + 1);
}

bool is_forwarded_port(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 5 && is_authority("h:" + std::string{text});
}

}  // namespace

std::string forwarded_address(const RequestHead& head, const TrustedProxies& trusted,
                              Forwarded family) {
    return family == Forwarded::kForwarded ? told_by_forwarded(head, trusted).address
                                           : x_forwarded_address(head, trusted);
}

std::string_view forwarded_scheme(const RequestHead& head, const TrustedProxies& trusted,
                                  Forwarded family) {
    const std::string_view scheme = family == Forwarded::kForwarded
                                        ? told_by_forwarded(head, trusted).element.proto
                                        : last_of(head, "x-forwarded-proto");
    for (const std::string_view known : {"https", "http"}) {
        if (matches(scheme, known)) return known;
    }
    return {};
}

std::string_view forwarded_host(const RequestHead& head, const TrustedProxies& trusted,
                                Forwarded family) {
    const std::string_view host = family == Forwarded::kForwarded
                                      ? told_by_forwarded(head, trusted).element.host
                                      : last_of(head, "x-forwarded-host");
    return is_authority(host) ? host : std::string_view{};
}

std::string_view forwarded_port(const RequestHead& head, const TrustedProxies& trusted,
                                Forwarded family) {
    if (family == Forwarded::kXForwardedAll) {
        const std::string_view port = last_of(head, "x-forwarded-port");
        if (is_forwarded_port(port)) return port;
    }
    return port_of(forwarded_host(head, trusted, family));
}

}  // namespace grove::http
