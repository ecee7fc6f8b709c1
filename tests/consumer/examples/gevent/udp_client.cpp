// Sends a datagram and prints the answer.   udp_client [ADDRESS [TEXT]]
#include <array>
#include <iostream>

#include <grove/core.h>

using namespace std::chrono_literals;

int main(int count, char** arguments) try {
    const auto server = grove::Address::parse(count > 1 ? arguments[1] : "127.0.0.1:9000");
    grove::Datagram socket = grove::Datagram::connect(server);
    socket.send(count > 2 ? arguments[2] : "hello", 1s);
    std::array<char, 8192> answer{};
    const std::size_t bytes = socket.recv(answer, 5s);
    std::cout << server.text() << ": " << std::string_view{answer.data(), bytes} << '\n';
} catch (const std::exception& error) {  // nobody there: connection refused
    std::cerr << "udp_client: " << error.what() << '\n';
    return 1;
}
