// Fetches the page http://HOST/PATH for whoever asks for /HOST/PATH, and leads its links back
// here.   webproxy [ADDRESS]
#include <csignal>
#include <iostream>
#include <memory>

#include <grove/http.h>

using namespace std::chrono_literals;
namespace http = grove::http;

namespace {

// Links of a page of `host`: ="/path" and ="http://other/path"
std::string lead_back(std::string_view page, const std::string& host) {
    std::string result;
    for (std::size_t at = 0; at < page.size();) {
        const std::string_view rest = page.substr(at);
        if (rest.starts_with("=\"http://")) {
            result += "=\"/";
            at += 9;
        } else if (rest.starts_with("=\"/") && !rest.starts_with("=\"//")) {
            result += "=\"/" + host + '/';
            at += 3;
        } else {
            result += page[at++];
        }
    }
    return result;
}

http::Body fetch(http::Client& client, http::Environ& environ,
                 http::StartResponse& start_response) {
    if (environ["REQUEST_METHOD"] != "GET") throw http::HttpError{405, {}, {{"Allow", "GET"}}};
    const std::string target{environ["REQUEST_URI"].substr(1)};
    if (target.empty()) {
        start_response("200 OK", {{"Content-Type", "text/plain"}});
        return "Ask for /HOST/PATH\n";
    }
    auto answer = client.send({.url = "http://" + target, .timeout = 30s});
    const std::string type{answer.header("Content-Type")};
    start_response(std::to_string(answer.status()), {{"Content-Type", type}});
    if (type.starts_with("text/html"))
        return lead_back(answer.read_all(1'000'000), target.substr(0, target.find('/')));
    return [answer = std::move(answer)]() mutable { return answer.next(); };  // as it comes
}

}  // namespace

int main(int count, char** arguments) try {
    http::Client client{{.redirects = 5}};
    const auto application = [&](http::Environ& environ, http::StartResponse& start_response) {
        try {
            return fetch(client, environ, start_response);
        } catch (const http::ClientError& error) {  // not found, refused, too late, too large
            throw http::HttpError{502, error.what()};
        }
    };
    http::WsgiServer server{
        count > 1 ? arguments[1] : "127.0.0.1:8088", application, {.spawn = 100}};
    const grove::SignalHandler on_term{SIGTERM, [&] { server.stop(); }};
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    std::cout << "stopped\n";
} catch (const std::exception& error) {
    std::cerr << "webproxy: " << error.what() << '\n';
    return 1;
}
