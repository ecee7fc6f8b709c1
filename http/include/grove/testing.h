// testing.h - calls an application in process: no port, no listener, no network. Thread: any, in its hub.
//
// The request goes through the server's own parser, environ, input, response and framing, over a pair of
// connected sockets inside the process: what is refused or added here is what grove refuses and adds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/application.h>
#include <grove/http/headers.h>
#include <grove/http/wsgi_options.h>

namespace grove::http {

/// A request as a client would send it.
struct TestRequest {
    std::string method = "GET";  ///< Any token.
    std::string target = "/";    ///< Percent-encoded, with its query: "/notes?limit=3".
    Headers headers{};  ///< Sent as they are; "Host: localhost" is added unless there is one.
    /// Sent with its Content-Length, which POST, PUT and PATCH have for an empty one too. With a
    /// Transfer-Encoding among the headers: sent as it is, framing and all.
    std::string body{};
    std::string peer = "127.0.0.1";  ///< REMOTE_ADDR.
};

/// What the client of that request got.
struct TestAnswer {
    int status = 0;         ///< 0: the connection was closed without an answer.
    std::string reason{};   ///< "Not Found"
    Headers headers{};      ///< In their order, those of the server among them.
    std::string body{};     ///< Its framing taken off.
    bool complete = false;  ///< The end of the body arrived: it was not cut by a failure.
    std::vector<std::string> errors{};  ///< Lines of the error log, wsgi.errors among them.

    /// The values of all fields of that name, in any case, joined with ", "; "" if there is none.
    [[nodiscard]] GROVE_EXPORT std::string header(std::string_view name) const;
};

/// Serves one request by `application`. Blocks the greenlet (which main is too) until the answer is read to
/// its end, the body closed and the handler gone; bound it with a TimeoutGuard.
/// @param options  time-outs, limits and logs as for a server; its error_log gets the lines too
/// @throws std::invalid_argument  no application; a peer that is no IP address; CR, LF or NUL in the
///                                method, the target or a header
/// @throws whatever interrupts the wait: then the handler was killed first
GROVE_EXPORT TestAnswer call(Application application, const TestRequest& request = {},
                             WsgiOptions options = {});

}  // namespace grove::http
