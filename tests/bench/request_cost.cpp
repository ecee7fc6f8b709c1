// request_cost REQUESTS [MIDDLEWARES [starting]] - a server and its client in one hub, for instructions.sh to count; so
// many middlewares that do nothing stand around its application. "starting": each has a start_response of its own, too.
//
// Each request is one of a small fixed set: a bare GET, a browser's head, a POST and eight pipelined.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <grove/core/connect.h>
#include <grove/core/stream.h>
#include <grove/http/middleware.h>
#include <grove/http/wsgi_server.h>

using namespace grove;
using namespace grove::http;

namespace {

Body hello(Environ& environ, StartResponse& start_response) {
    while (!environ.input().read(65536).empty()) {
    }
    if (environ["PATH_INFO"] != "/") {
        start_response("404 Not Found", {{"Content-Type", "text/plain"}});
        return "Not Found\n";
    }
    start_response("200 OK", {{"Content-Type", "text/plain"}});
    return "Hello, World!";
}

Application pass_on(Application inner) {
    return [inner = std::move(inner)](Environ& environ, StartResponse& start_response) {
        return inner(environ, start_response);
    };
}

Application start_on(Application inner) {
    return [inner = std::move(inner)](Environ& environ, StartResponse& start_response) {
        StartResponse passing{
            [&start_response](std::string status, Headers headers, std::exception_ptr exc_info) {
                return start_response(std::move(status), std::move(headers), std::move(exc_info));
            }};
        return inner(environ, passing);
    };
}

void exchange(Stream& stream, const std::string& request, int answers) {
    std::array<char, 4096> answer;
    stream.sendall(request);
    const std::string_view last = "Hello, World!";
    for (int have = 0; have < answers;) {
        const std::string_view got{answer.data(), stream.recv(answer)};
        if (got.empty()) std::abort();
        for (std::size_t at = got.find(last); at != got.npos; at = got.find(last, at + 1)) ++have;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int requests = argc > 1 ? std::atoi(argv[1]) : 1000;
    const auto middlewares = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 0);
    const bool starting = argc > 3 && std::string_view{argv[3]} == "starting";
    const std::string get = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n";
    const std::string browser =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; "
        "rv:128.0) "
        "Gecko/20100101 Firefox/128.0\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
        "Accept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: "
        "keep-alive\r\n"
        "Cookie: session=5f2c1d0e9b8a7c6d5e4f; theme=light\r\nUpgrade-Insecure-Requests: 1\r\n\r\n";
    std::string post = "POST / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Length: 1024\r\n\r\n";
    post.append(1024, 'x');
    std::string pipelined;
    for (int i = 0; i < 8; ++i) pipelined += get;

    const std::vector<Middleware> around(middlewares, starting ? start_on : pass_on);
    WsgiServer server{"127.0.0.1:0", chain(hello, around), {.spawn = 100}};
    server.start();
    Stream stream = connect(Address::ip("127.0.0.1", server.server_port()));
    for (int done = 0; done < requests; done += 11) {
        exchange(stream, get, 1);
        exchange(stream, browser, 1);
        exchange(stream, post, 1);
        exchange(stream, pipelined, 8);
    }
    stream.close();
    server.stop();
    return 0;
}
