// Pages by their paths, one of which takes its time.   webpy [ADDRESS]
#include <csignal>
#include <iostream>

#include <grove/http.h>
#include <grove/web.h>

using namespace std::chrono_literals;

namespace web = grove::web;

int main(int count, char** arguments) try {
    web::Router router;
    router.get("/", [](web::Request& request) {
        return web::html("Hello, world!<br><a href=\"" + request.url_for("long") + "\">long</a>");
    });
    router.get(
        "/long",
        [](web::Request& request) {
            std::cout << "a long request" << std::endl;
            request.environ().set_timeout(60s);
            grove::sleep(10s);  // other requests are answered meanwhile
            return web::text("Hello, 10 seconds later");
        },
        "long");
    grove::http::WsgiServer server{
        count > 1 ? arguments[1] : "127.0.0.1:8080", router, {.spawn = 1000}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "webpy: " << error.what() << '\n';
    return 1;
}
