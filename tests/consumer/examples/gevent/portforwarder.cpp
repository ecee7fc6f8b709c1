// Forwards each connection to another address.   portforwarder LISTEN TARGET
#include <array>
#include <csignal>
#include <functional>
#include <iostream>
#include <vector>

#include <grove/http.h>

using namespace std::chrono_literals;

namespace {

void copy(grove::Stream& from, grove::Stream& to) {
    std::array<char, 8192> buffer{};
    while (const std::size_t bytes = from.recv(buffer, 300s))
        to.sendall({buffer.data(), bytes}, 60s);
    to.shutdown_write();  // the other way may still be busy
}

void forward(grove::Stream& client, const grove::Address& target) {
    grove::Stream other = grove::connect(target, 5s);
    grove::GroupScope ways;
    const std::vector both{ways.spawn(copy, std::ref(client), std::ref(other)),
                           ways.spawn(copy, std::ref(other), std::ref(client))};
    grove::joinall(both, {}, true);  // if one fails, the scope kills the other
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 3) throw std::invalid_argument{"usage: portforwarder LISTEN TARGET"};
    const auto target = grove::Address::parse(arguments[2]);
    const auto serve = [&](grove::Stream& client, const grove::Address& peer) {
        try {
            forward(client, target);
        } catch (const std::exception& error) {
            std::cerr << peer.text() << ": " << error.what() << '\n';
        }
    };
    grove::http::StreamServer server{arguments[1], serve, {.spawn = 1000}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "portforwarder: " << error.what() << '\n';
    return 1;
}
