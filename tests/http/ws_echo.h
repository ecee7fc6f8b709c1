// ws_echo.h - the applications that most tests of WebSockets serve.
#pragma once

#include <utility>

#include <grove/http/application.h>
#include <grove/http/websocket.h>

namespace grove::test {

/// Sends back what comes, until it is closed. The greenlet style.
inline http::Application ws_echo(http::WebSocketOptions options = {}) {
    return [options](http::Environ& request, http::StartResponse& start) {
        http::WebSocket socket{request, start, options};
        while (const auto message = socket.recv())
            message->binary ? socket.send_binary(message->data) : socket.send(message->data);
        return http::Body{};
    };
}

/// The same of the parked style.
inline http::Application ws_parked_echo(http::WebSocketOptions options = {}) {
    return [options](http::Environ& request, http::StartResponse& start) {
        return http::websocket(request, start,
                               {.on_message =
                                    [](http::WebSocket socket, http::Message message) {
                                        message.binary ? socket.send_binary(message.data)
                                                       : socket.send(message.data);
                                    }},
                               options);
    };
}

/// An application that has `use` do something with its socket.
template <class Use>
http::Application with_socket(Use use, http::WebSocketOptions options = {}) {
    return [use, options](http::Environ& request, http::StartResponse& start) {
        http::WebSocket socket{request, start, options};
        use(socket);
        return http::Body{};
    };
}

}  // namespace grove::test
