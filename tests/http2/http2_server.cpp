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
//   /close   "hello\n", with Connection: close
//   /hop     what start_response throws for a field that is a connection's
//   /trailed/KIND  "abc" as a text, or a generator, or nothing as "empty", and fields behind it; "wrong": bad ones
//   /trailers  those of the request, read behind its body
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

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

Body trailed(std::string_view kind) {
    Body body = kind == "empty" ? Body{} : Body{"abc"};
    if (kind == "generator") {
        body = Body{[given = false]() mutable -> std::optional<std::string> {
            if (std::exchange(given, true)) return std::nullopt;
            return "abc";
        }};
    }
    const char* const name = kind == "wrong" ? "Content-Length" : "Checked";
    return std::move(body).trailers([name] { return Headers{{name, "1"}, {"X-Sum", "7"}}; });
}

Body trailers_of(Environ& environ) {
    Input& input = environ.input();
    std::string text = std::to_string(input.trailers().size()) + '\n';
    static_cast<void>(input.read());
    for (const auto& [name, value] : input.trailers())
        text.append(name).append("=").append(value) += '\n';
    return text;
}

std::string refused_field(StartResponse& start_response) {
    std::string refused;
    for (const char* const name : {"Transfer-Encoding", "Keep-Alive"}) {
        try {
            start_response("200 OK", Headers{{name, "x"}});
        } catch (const std::logic_error& error) {
            refused.append(error.what()) += '\n';
        }
    }
    return refused;
}

Body answer(Environ& environ, StartResponse& start_response) {
    const std::string path{environ["PATH_INFO"]};
    if (path == "/hangs") grove::sleep(std::chrono::hours{1});
    Headers headers{{"Content-Type", "text/plain"}};
    if (path == "/short") headers.emplace_back("Content-Length", "10");
    if (path == "/close") headers.emplace_back("Connection", "close");
    const std::string refused = path == "/hop" ? refused_field(start_response) : "";
    start_response("200 OK", std::move(headers));
    if (path == "/hop") return refused;
    if (path.starts_with("/trailed/")) return trailed(path.substr(9));
    if (path == "/trailers") return trailers_of(environ);
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
