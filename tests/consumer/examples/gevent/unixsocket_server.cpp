// Answers each connection to a unix socket with what it was sent.   unixsocket_server [PATH]
#include <csignal>
#include <iostream>

#include <grove/http.h>

using namespace std::chrono_literals;

namespace {

void answer(grove::Stream& client, const grove::Address&) try {
    grove::StreamReader lines{client};
    client.sendall("you said " + lines.readline(1024, 10s), 10s);
} catch (const std::exception& error) {
    std::cerr << "a client: " << error.what() << '\n';
}

}  // namespace

int main(int count, char** arguments) try {
    const std::string path = count > 1 ? arguments[1] : "unixsocket.sock";
    grove::http::StreamServer server{"unix:" + path, answer, {.spawn = 100}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "unixsocket_server: " << error.what() << '\n';
    return 1;
}
