// Sends each line back to whoever sent it.   echoserver [ADDRESS]
#include <csignal>
#include <iostream>

#include <grove/http.h>

using namespace std::chrono_literals;

namespace {

void echo(grove::Stream& client, const grove::Address& peer) try {
    client.sendall("Welcome to the echo server! Type quit to exit.\r\n", 10s);
    grove::StreamReader lines{client};
    for (;;) {
        const std::string line = lines.readline(8192, 60s);
        if (line.empty() || line.starts_with("quit")) return;
        client.sendall(line, 10s);
    }
} catch (const std::exception& error) {  // a line too long, a time that passed, a reset
    std::cerr << peer.text() << ": " << error.what() << '\n';
}

}  // namespace

int main(int count, char** arguments) try {
    grove::http::StreamServer server{
        count > 1 ? arguments[1] : "127.0.0.1:16000", echo, {.spawn = 1000}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "echoserver: " << error.what() << '\n';
    return 1;
}
