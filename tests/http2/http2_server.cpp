// http2_server.cpp - http2_server [CERTIFICATE KEY]: an application for tests, over HTTP/2 by TLS, or with prior
// knowledge, until its standard input ends. Writes its port first.
//
//   /        "hello\n"
//   /echo    the body
//   /bytes/N N bytes
//   /pieces  ten pieces of a generator
//   /environ the environ's texts, a line each
//   /short   says 10 bytes, and gives 3
//   /hangs   until it is killed
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <unistd.h>

#include <grove/core.h>
#include <grove/http.h>

namespace {

using namespace grove::http;

Body numbered_pieces() {
    auto count = std::make_shared<int>(0);
    return Body{[count]() -> std::optional<std::string> {
        if (*count == 10) return std::nullopt;
        return "piece " + std::to_string((*count)++) + "\n";
    }};
}

Body texts_of(const Environ& environ) {
    std::string text;
    environ.for_each([&text](std::string_view name, std::string_view value) {
        text.append(name).append("=").append(value) += '\n';
    });
    return text;
}

Body answer(Environ& environ, StartResponse& start_response) {
    const std::string path{environ["PATH_INFO"]};
    if (path == "/hangs") grove::sleep(std::chrono::hours{1});
    Headers headers{{"Content-Type", "text/plain"}};
    if (path == "/short") headers.emplace_back("Content-Length", "10");
    start_response("200 OK", std::move(headers));
    if (path == "/echo") return environ.input().read();
    if (path.starts_with("/bytes/")) return std::string(std::stoul(path.substr(7)), 'x');
    if (path == "/pieces") return numbered_pieces();
    if (path == "/environ") return texts_of(environ);
    if (path == "/short") return "abc";
    return "hello\n";
}

}  // namespace

int main(int count, char** arguments) {
    WsgiOptions options;
    options.http2.emplace();
    options.request_ids = true;
    if (count == 3) {
        options.tls = grove::TlsContext::server(
            {.certificates = {{.chain_file = arguments[1], .key_file = arguments[2]}}});
    } else {
        options.h2c = true;
    }
    WsgiServer server{"127.0.0.1:0", answer, options};
    server.start();
    std::cout << server.server_port() << std::endl;
    grove::wait_readable(STDIN_FILENO);
    server.stop(std::chrono::seconds{2});
}
