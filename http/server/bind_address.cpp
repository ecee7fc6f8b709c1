#include <grove/http/bind_address.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include <netdb.h>
#include <sys/socket.h>

#include <grove/http/sources.h>

#include "listen_address.h"

namespace grove::http {
namespace {

bool same(const Address& one, const Address& other) {
    return one.bytes() == other.bytes() && std::memcmp(one.data(), other.data(), one.bytes()) == 0;
}

// Its size, then itself.
std::string bytes_of(const Address& address) {
    std::string bytes(1 + address.bytes(), static_cast<char>(address.bytes()));
    std::memcpy(bytes.data() + 1, address.data(), address.bytes());
    return bytes;
}

Address take_address(std::string_view& bytes) {
    const std::size_t size = static_cast<unsigned char>(bytes[0]);
    const std::string own{bytes.substr(1, size)};
    bytes.remove_prefix(1 + own.size());
    return {reinterpret_cast<const sockaddr*>(own.data()), own.size()};
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

std::vector<Address> bind_addresses(std::string_view text, Sources& sources) {
    const auto look_up_all = [&] {
        Sources::Content content;
        for (const Address& address : bind_addresses(text)) content.bytes += bytes_of(address);
        return content;
    };
    const std::string bytes = sources.get("looking up " + std::string{text}, look_up_all).bytes;
    std::vector<Address> addresses;
    for (std::string_view rest = bytes; !rest.empty();) addresses.push_back(take_address(rest));
    return addresses;
}

}  // namespace grove::http
