// served_application.h - a WsgiServer on a loopback port for the length of a test, and what it logged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/core/address.h>
#include <grove/http/application.h>
#include <grove/http/wsgi_server.h>

#include "http_client.h"

namespace grove::test {

/// Starts when made; stops (killing what runs) when destroyed.
class ServedApplication {
public:
    explicit ServedApplication(http::Application application, http::WsgiOptions options = {});
    ~ServedApplication();

    [[nodiscard]] Address address() const;
    /// The answer to `bytes` alone on a connection of its own.
    Answer ask(std::string_view bytes);
    /// All that the server says to `bytes`, until it closes.
    std::string say(std::string_view bytes);

    /// As before the first client: no connection, no request. Waits for what is under way to end.
    [[nodiscard]] bool quiet();

    int calls = 0;                            ///< Of the application.
    std::vector<std::string> access_lines{};  ///< "200 GET / HTTP/1.1"
    std::vector<std::uint64_t> access_bytes{};
    std::vector<std::string> errors{};  ///< Lines of the error log.
    http::WsgiServer server;

private:
    http::Application counted(http::Application application);
    http::WsgiOptions logged(http::WsgiOptions options);
};

/// GET of `target` on HTTP/1.1, with further field lines ("X: y\r\n").
std::string get(std::string_view target = "/", std::string_view fields = {});
/// POST of `body` with its Content-Length.
std::string post(std::string_view body, std::string_view fields = {});

/// 200 with a text.
http::Application say_hello();
/// 200 with what the environ holds of these keys, each with a "|" behind it.
http::Application tell(std::vector<std::string> keys);

}  // namespace grove::test
