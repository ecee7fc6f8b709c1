// Says a line to a unix socket and prints the answer.   unixsocket_client [PATH [TEXT]]
#include <iostream>

#include <grove/core.h>

using namespace std::chrono_literals;

int main(int count, char** arguments) try {
    const auto server = grove::Address::unix_path(count > 1 ? arguments[1] : "unixsocket.sock");
    grove::Stream stream = grove::connect(server, 5s);
    stream.sendall(std::string{count > 2 ? arguments[2] : "hello"} + '\n', 5s);
    std::cout << grove::StreamReader{stream}.readline(2048, 5s);
} catch (const std::exception& error) {
    std::cerr << "unixsocket_client: " << error.what() << '\n';
    return 1;
}
