// An application over TLS.   wsgiserver_ssl CERTIFICATE KEY [ADDRESS]
#include <csignal>
#include <iostream>

#include <grove/http.h>

namespace {

grove::http::Body application(grove::http::Environ& environ,
                              grove::http::StartResponse& start_response) {
    if (environ["PATH_INFO"] == "/") {
        start_response("200 OK", {{"Content-Type", "text/html"}});
        return "<b>hello world</b>";
    }
    start_response("404 Not Found", {{"Content-Type", "text/html"}});
    return "<h1>Not Found</h1>";
}

}  // namespace

int main(int count, char** arguments) try {
    if (count < 3) throw std::invalid_argument{"usage: wsgiserver_ssl CERTIFICATE KEY [ADDRESS]"};
    const auto tls = grove::TlsContext::server(
        {.certificates = {{.chain_file = arguments[1], .key_file = arguments[2]}}});
    grove::http::WsgiServer server{
        count > 3 ? arguments[3] : "127.0.0.1:8443", application, {.spawn = 1000, .tls = tls}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "wsgiserver_ssl: " << error.what() << '\n';
    return 1;
}
