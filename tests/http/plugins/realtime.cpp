// realtime - WebSockets and an event stream for other people's clients: "/" and "/parked" send back what comes, in the
// two styles; "/bye" closes with 4001 once something has come; what comes to "/all" is sent to all that are there;
// "/count" counts on from Last-Event-ID; "/page" is an empty page.
#include <charconv>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <grove/plugin.h>

namespace {

using namespace grove::http;
using namespace std::chrono_literals;

constexpr std::size_t kMessage = std::size_t{2} << 20U;

WebSocketOptions options() { return {.message_bytes = kMessage, .protocols = {"second", "first"}}; }

void send_back(WebSocket& socket, const Message& message) {
    message.binary ? socket.send_binary(message.data) : socket.send(message.data);
}

Body echo(Environ& environ, StartResponse& start_response) {
    WebSocket socket{environ, start_response, options()};
    while (const auto message = socket.recv()) send_back(socket, *message);
    return {};
}

Body parked_echo(Environ& environ, StartResponse& start_response) {
    return websocket(environ, start_response,
                     {.on_message = [](WebSocket socket,
                                       const Message& message) { send_back(socket, message); }},
                     options());
}

Body bye(Environ& environ, StartResponse& start_response) {
    WebSocket socket{environ, start_response};
    if (socket.recv()) socket.close(4001, "bye");
    return {};
}

Body count(Environ& environ, StartResponse& start_response) {
    EventStream events{environ, start_response};
    const std::string last = events.last_event_id();
    unsigned number = 0;
    std::from_chars(last.data(), last.data() + last.size(), number);
    do {
        const std::string next = std::to_string(++number);
        if (!events.send({.data = next, .id = next})) break;
    } while (events.wait(50ms));
    return {};
}

/// Whoever is at "/all", by numbers that are given in turn.
struct All {
    std::map<unsigned, WebSocket> sockets{};
    unsigned last = 0;
};

Body join(All& all, Environ& environ, StartResponse& start_response) {
    const unsigned own = ++all.last;
    return websocket(environ, start_response,
                     {.on_open = [&all, own](WebSocket socket) { all.sockets[own] = socket; },
                      .on_message =
                          [&all](WebSocket, const Message& message) {
                              for (auto& [number, socket] : all.sockets)
                                  socket.try_send(message.data);
                          },
                      .on_close = [&all, own](WebSocket) { all.sockets.erase(own); }});
}

Application make(std::string_view) {
    return
        [all = std::make_shared<All>()](Environ& environ, StartResponse& start_response) -> Body {
            const std::string_view path = environ["PATH_INFO"];
            if (path == "/parked") return parked_echo(environ, start_response);
            if (path == "/all") return join(*all, environ, start_response);
            if (path == "/bye") return bye(environ, start_response);
            if (path == "/count") return count(environ, start_response);
            if (path != "/page") return echo(environ, start_response);
            start_response("200 OK", {{"Content-Type", "text/html"}});
            return "<!DOCTYPE html><title>page</title>";
        };
}

}  // namespace

GROVE_PLUGIN(realtime, "1.0", make);
