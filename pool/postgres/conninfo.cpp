#include "conninfo.h"

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/resolver.h>

#include "libpq.h"

namespace grove::postgres {
namespace {

constexpr std::uint16_t kUsualPort = 5432;

using Values = std::map<std::string, std::string>;

Values values_in(const PQconninfoOption* options) {
    Values values;
    for (; options->keyword != nullptr; ++options) {
        if (options->val != nullptr && *options->val != '\0')
            values[options->keyword] = options->val;
    }
    return values;
}

Values parsed(const std::string& conninfo) {
    if (conninfo.find('\0') != std::string::npos)
        throw std::invalid_argument{"conninfo contains a NUL byte"};
    char* error = nullptr;
    const OptionsPtr options{PQconninfoParse(conninfo.c_str(), &error)};
    const BytesPtr text{error};
    if (options == nullptr) {
        throw std::invalid_argument{std::string{"conninfo: "} +
                                    (text != nullptr ? text.get() : "no memory")};
    }
    return values_in(options.get());
}

/// Of a list, such as "a,b"; one without a comma stands for all places.
std::vector<std::string> listed(const std::string& text) {
    std::vector<std::string> parts{{}};
    for (const char c : text) {
        if (c == ',') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::uint16_t port_in(const std::vector<std::string>& ports, std::size_t at) {
    const std::string& text = ports.size() == 1 ? ports.front() : ports.at(at);
    std::uint16_t port = kUsualPort;
    std::from_chars(text.data(), text.data() + text.size(), port);  // libpq refuses a bad one
    return port;
}

void append(std::string& list, std::string_view one, bool first) {
    if (!first) list += ',';
    list += one;
}

/// One place of a list of hosts: a name becomes its addresses, each a place of its own.
struct Places {
    std::string hosts, addresses, ports;
    bool empty = true;

    void add(const std::string& host, const std::string& address, const std::string& port) {
        append(hosts, host, empty);
        append(addresses, address, empty);
        append(ports, port, empty);
        empty = false;
    }
};

bool is_name(const std::string& host) {
    return !host.empty() && host.front() != '/' && host.front() != '@';
}

}  // namespace

Values resolved_conninfo(const std::string& conninfo, const Deadline& deadline) {
    Values values = parsed(conninfo);
    const OptionsPtr defaults{PQconndefaults()};  // PGHOST and others
    Values all = defaults != nullptr ? values_in(defaults.get()) : Values{};
    for (const auto& [key, value] : values) all[key] = value;
    if (all.contains("hostaddr") || !all.contains("host")) return values;

    const std::vector<std::string> hosts = listed(all["host"]);
    const std::vector<std::string> ports = listed(all["port"]);
    if (ports.size() != 1 && ports.size() != hosts.size()) return values;  // libpq refuses that
    Places places;
    for (std::size_t at = 0; at < hosts.size(); ++at) {
        const std::string& port = ports.size() == 1 ? ports.front() : ports[at];
        if (!is_name(hosts[at])) {
            places.add(hosts[at], "", port);
            continue;
        }
        for (const Address& address : resolve(hosts[at], port_in(ports, at), deadline.left()))
            places.add(hosts[at], address.host(), port);
    }
    values["host"] = places.hosts;
    values["hostaddr"] = places.addresses;
    values["port"] = places.ports;
    return values;
}

}  // namespace grove::postgres
