#include "health.h"

#include <array>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <grove/core/connect.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/stream.h>
#include <grove/http/bind_address.h>

#include "exit_codes.h"

using namespace grove;

namespace {

// For all of it.
constexpr Duration kPatience = std::chrono::seconds{3};
constexpr Duration kPatienceForReady = std::chrono::seconds{2};

// One of all interfaces is asked over IPv4's loopback: it is there where IPv6 is switched off, as in containers.
Address reachable(const Address& bound) {
    const std::string host = bound.host();
    return host == "::" || host == "0.0.0.0" ? Address::ip("127.0.0.1", bound.port()) : bound;
}

// To the first that can be had: of a name that has several not all need to be bound.
Stream connect_to_one(const std::vector<Address>& addresses, const Deadline& deadline) {
    for (std::size_t i = 0; i + 1 < addresses.size(); ++i) {
        try {
            return connect(reachable(addresses[i]), deadline.left());
        } catch (const SocketTimeout&) {
            throw;                            // nothing is left for the others
        } catch (const std::system_error&) {  // the next may answer
        }
    }
    return connect(reachable(addresses.back()), deadline.left());
}

// What came of "HTTP/1.1 200 OK" until it was enough to tell, or the other side closed.
std::string status_line(const std::vector<Address>& addresses, const std::string& path,
                        Duration patience) {
    const Deadline deadline{patience};
    Stream stream = connect_to_one(addresses, deadline);
    stream.sendall("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                   deadline.left());
    std::string line;
    std::array<char, 512> piece{};
    while (line.find('\n') == std::string::npos && line.size() < piece.size()) {
        const std::size_t got = stream.recv(piece, deadline.left());
        if (got == 0) break;
        line.append(piece.data(), got);
    }
    return line.substr(0, line.find_first_of("\r\n"));
}

}  // namespace

int health(const http::Config& config, bool ready) {
    if (config.admin.address.empty()) {
        std::cerr << "grove: health: the configuration has no \"admin\" that could be asked\n";
        return kExitUsage;
    }
    try {
        const std::vector<Address> addresses = http::bind_addresses(config.admin.address);
        const std::string line = ready ? status_line(addresses, "/readyz", kPatienceForReady)
                                       : status_line(addresses, "/healthz", kPatience);
        if (line.starts_with("HTTP/1.1 200 ")) return kExitClean;
        std::cerr << "grove: health: " << config.admin.address << " answered \"" << line << "\"\n";
    } catch (const std::exception& error) {
        std::cerr << "grove: health: " << config.admin.address << ": " << error.what() << '\n';
    }
    return kExitFailure;
}
