#include <grove/http/bind_address.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <netdb.h>
#include <sys/socket.h>

#include "listen_address.h"

namespace grove::http {
namespace {

bool same(const Address& one, const Address& other) {
    return one.bytes() == other.bytes() && std::memcmp(one.data(), other.data(), one.bytes()) == 0;
}

std::vector<Address> look_up(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0)
        throw std::runtime_error{"cannot look up \"" + host + "\": " + ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, &::freeaddrinfo};
    std::vector<Address> addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        const Address address{one->ai_addr, one->ai_addrlen};
        // glibc tells IPv4's loopback twice where /etc/hosts has "::1 localhost", too.
        const auto is_it = [&](const Address& other) { return same(other, address); };
        if (std::none_of(addresses.begin(), addresses.end(), is_it)) addresses.push_back(address);
    }
    return addresses;
}

}  // namespace

std::vector<Address> bind_addresses(std::string_view text) {
    const ListenAddress where = parse_listen_address(text);
    switch (where.family) {
        case ListenAddress::Family::kUnix:
            return {Address::unix_path(where.path)};
        case ListenAddress::Family::kInet:
        case ListenAddress::Family::kInet6:
            // A zone ("fe80::1%eth0") is the resolver's business too.
            if (where.host.find('%') == std::string::npos)
                return {Address::ip(where.host, where.port)};
            [[fallthrough]];
        case ListenAddress::Family::kName:
            return look_up(where.host, where.port);
    }
    throw std::invalid_argument{"not a listening address"};
}

}  // namespace grove::http
