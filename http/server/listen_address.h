// listen_address.h - the text of a listening address, taken apart; opens nothing, asks no resolver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Where to listen. What does not belong to its family is empty or 0.
struct ListenAddress {
    enum class Family {
        kName,  ///< A host name, which somebody has yet to look up.
        kInet,
        kInet6,  ///< host "::": all interfaces, IPv4 too.
        kUnix,
    };

    Family family = Family::kInet6;
    std::string
        host{};  ///< As inet_pton takes it, with a zone ("fe80::1%eth0") where there was one.
    std::uint16_t port = 0;
    std::string path{};  ///< Of a unix socket.

    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Reads `host:port`, `[v6]:port`, `unix:/path`, and for all interfaces `:port`, `*:port` or a bare
/// port (gevent's forms).
/// @throws std::invalid_argument naming the text and what is wrong with it. `::1:80` is refused:
///         it reads as an address as well as an address and a port.
GROVE_EXPORT ListenAddress parse_listen_address(std::string_view text);

}  // namespace grove::http
