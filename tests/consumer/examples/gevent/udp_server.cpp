// Answers each datagram with its size.   udp_server [ADDRESS]
#include <csignal>
#include <iostream>

#include <grove/http.h>

using namespace std::chrono_literals;

namespace {

void answer(const std::string& data, const grove::Address& from, grove::Datagram& socket) try {
    std::cout << from.text() << " sent " << data.size() << " bytes" << std::endl;
    socket.send_to("received " + std::to_string(data.size()) + " bytes", from, 1s);
} catch (const std::exception& error) {
    std::cerr << from.text() << ": " << error.what() << '\n';
}

}  // namespace

int main(int count, char** arguments) try {
    grove::http::DatagramServer server{
        count > 1 ? arguments[1] : "127.0.0.1:9000", answer, {.spawn = 100}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "udp_server: " << error.what() << '\n';
    return 1;
}
