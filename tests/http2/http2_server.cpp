// http2_server.cpp - http2_server [CERTIFICATE KEY]: says "hello" to everyone, over HTTP/2 by TLS, or with prior
// knowledge, until its standard input ends. Writes its port first.
#include <iostream>
#include <memory>

#include <unistd.h>

#include <grove/core.h>
#include <grove/http.h>

int main(int count, char** arguments) {
    using namespace grove::http;
    WsgiOptions options;
    options.http2.emplace();
    if (count == 3) {
        options.tls = grove::TlsContext::server(
            {.certificates = {{.chain_file = arguments[1], .key_file = arguments[2]}}});
    } else {
        options.h2c = true;
    }
    const Application hello = [](Environ&, StartResponse& start_response) -> Body {
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        return "hello\n";
    };
    WsgiServer server{"127.0.0.1:0", hello, options};
    server.start();
    std::cout << server.server_port() << std::endl;
    grove::wait_readable(STDIN_FILENO);
    server.stop();
}
