// http2_server.cpp - http2_server [OPTION...] [CERTIFICATE KEY]: an application for tests, over HTTP/2 by TLS, or with
// prior knowledge, until its standard input ends. Writes its port first.
//
//   --without-http2       speaks HTTP/1.1 alone
//   --without-h2c         speaks HTTP/2 by TLS alone
//   --ciphers=LIST        of TLS 1.2, which is the newest that clients should use then
//
//   /        "hello\n"
//   /echo    the body
//   /bytes/N N bytes
//   /pieces  ten pieces of a generator
//   /environ the environ's texts, a line each
//   /short   says 10 bytes, and gives 3
//   /hangs   until it is killed
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The value of an option that begins with `name`, which is taken out.
std::optional<std::string> take(std::vector<std::string>& arguments, std::string_view name) {
    const auto found =
        std::find_if(arguments.begin(), arguments.end(),
                     [name](const std::string& argument) { return argument.starts_with(name); });
    if (found == arguments.end()) return std::nullopt;
    const std::string value = found->substr(name.size());
    arguments.erase(found);
    return value;
}

WsgiOptions options_of(std::vector<std::string>& arguments) {
    WsgiOptions options;
    if (!take(arguments, "--without-http2")) options.http2.emplace();
    options.h2c = !take(arguments, "--without-h2c");
    const std::string ciphers = take(arguments, "--ciphers=").value_or("");
    if (arguments.size() == 2) {
        options.h2c = false;
        options.tls = grove::TlsContext::server(
            {.certificates = {{.chain_file = arguments[0], .key_file = arguments[1]}},
             .ciphers = ciphers});
    }
    return options;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> files{arguments + 1, arguments + count};
    const WsgiOptions options = options_of(files);
    WsgiServer server{"127.0.0.1:0", answer, options};
    server.start();
    std::cout << server.server_port() << std::endl;
    grove::wait_readable(STDIN_FILENO);
    server.stop(std::chrono::seconds{2});
}
