#include "health.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/eventfd.h>

#include <grove/core/connect.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/fd_wait.h>
#include <grove/core/file_descriptor.h>
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

// A look-up, which nobody can break off. Shared by two threads, either of which may go first.
struct LookUp {
    std::string text;
    FileDescriptor done{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    std::vector<Address> addresses{};
    std::exception_ptr error{};

    void run() noexcept {
        try {
            addresses = http::bind_addresses(text);
        } catch (...) {
            error = std::current_exception();
        }
        ::eventfd_write(done.get(), 1);
    }
};

std::vector<Address> look_up(const std::string& text, const Deadline& deadline) {
    const auto look_up = std::make_shared<LookUp>(LookUp{text});
    if (!look_up->done) throw std::system_error{errno, std::generic_category(), "eventfd"};
    std::thread{[look_up] { look_up->run(); }}.detach();
    if (!wait_readable(look_up->done.get(), deadline.left())) throw SocketTimeout{"look-up"};
    eventfd_t count = 0;  // after this read the thread's words are ours
    ::eventfd_read(look_up->done.get(), &count);
    if (look_up->error != nullptr) std::rethrow_exception(look_up->error);
    return look_up->addresses;
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
std::string status_line(const std::string& address, const std::string& path, Duration patience) {
    const Deadline deadline{patience};
    Stream stream = connect_to_one(look_up(address, deadline), deadline);
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
        const std::string& address = config.admin.address;
        const std::string line = ready ? status_line(address, "/readyz", kPatienceForReady)
                                       : status_line(address, "/healthz", kPatience);
        if (line.starts_with("HTTP/1.1 200 ")) return kExitClean;
        std::cerr << "grove: health: " << config.admin.address << " answered \"" << line << "\"\n";
    } catch (const std::exception& error) {
        std::cerr << "grove: health: " << config.admin.address << ": " << error.what() << '\n';
    }
    return kExitFailure;
}
