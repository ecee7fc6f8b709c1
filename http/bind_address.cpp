#include <grove/http/bind_address.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <netdb.h>
#include <sys/socket.h>

#include "listen_address.h"

namespace grove::http {
namespace {

Address look_up(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0)
        throw std::runtime_error{"cannot look up \"" + host + "\": " + ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, &::freeaddrinfo};
    return {list->ai_addr, list->ai_addrlen};
}

}  // namespace

Address bind_address(std::string_view text) {
    const ListenAddress where = parse_listen_address(text);
    switch (where.family) {
        case ListenAddress::Family::kUnix:
            return Address::unix_path(where.path);
        case ListenAddress::Family::kInet:
        case ListenAddress::Family::kInet6:
            // A zone ("fe80::1%eth0") is the resolver's business too.
            if (where.host.find('%') == std::string::npos)
                return Address::ip(where.host, where.port);
            [[fallthrough]];
        case ListenAddress::Family::kName:
            return look_up(where.host, where.port);
    }
    throw std::invalid_argument{"not a listening address"};
}

}  // namespace grove::http
