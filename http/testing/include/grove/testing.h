// testing.h - calls an application in process, without a port or network. Thread: any, in its hub.
//
// The request goes through the server's own parser, environ, input, response and framing, over a
// pair of connected sockets inside the process: whatever grove refuses or adds, it refuses or adds
// here, too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/application.h>
#include <grove/http/headers.h>
#include <grove/http/websocket.h>
#include <grove/http/wsgi_options.h>

namespace grove::http {

/// A request as a client would send it.
struct TestRequest {
    std::string method = "GET";  ///< Any token.
    std::string target = "/";    ///< Percent-encoded, with its query: "/notes?limit=3".
    Headers headers{};  ///< Sent as they are; "Host: localhost" is added if they have no Host.
    /// Sent with its Content-Length; POST, PUT and PATCH have one for an empty body, too. With a
    /// Transfer-Encoding among the headers the body is sent as it is, framing and all.
    std::string body{};
    std::string peer = "127.0.0.1";  ///< REMOTE_ADDR.
};

/// The answer that the client of the request got.
struct TestAnswer {
    int status = 0;         ///< 0: the connection was closed without an answer.
    std::string reason{};   ///< "Not Found"
    Headers headers{};      ///< In their order, the server's own included.
    std::string body{};     ///< Without its framing.
    bool complete = false;  ///< The end of the body arrived: it was not cut by a failure.
    std::vector<std::string> errors{};  ///< Lines of the error log, wsgi.errors included.

    /// The values of all fields of that name, in any case, joined with ", "; "" if no field has it.
    [[nodiscard]] GROVE_EXPORT std::string header(std::string_view name) const;
};

/// `application` serves one request. Blocks the greenlet (main is a greenlet, too) until the answer
/// is read to its end, the body is closed and the handler is gone; bound the wait with a
/// TimeoutGuard.
/// @param options  time-outs, limits and logs as for a server; its error_log gets the lines, too
/// @throws std::invalid_argument  no application; a peer that is not an IP address; CR, LF or NUL
///                                in the method, the target or a header
/// @throws whatever interrupts the wait; the handler was killed first
GROVE_EXPORT TestAnswer call(Application application, const TestRequest& request = {},
                             WsgiOptions options = {});

class CookieJar;

/// Calls one application again and again, as a browser does: keeps the cookies that it sets, and
/// sends them along (RFC 6265): a cookie's Domain, Path, Max-Age and Expires count, for the host
/// that the target or the field Host names, "localhost" without one. For the cookies, every request
/// counts as https and as a request of the site's own pages: Secure, HttpOnly and SameSite keep no
/// cookie back.
class GROVE_EXPORT TestClient {
public:
    /// `options` apply to each request. @throws std::invalid_argument  no application
    explicit TestClient(Application application, WsgiOptions options = {});
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;
    ~TestClient();

    /// As call() does, and with its exceptions. A Cookie among the headers stands in place of the
    /// kept cookies.
    TestAnswer send(TestRequest request);
    TestAnswer get(std::string target, Headers headers = {});  ///< send() of a GET.
    /// send() of a POST. Content-Type is the caller's to give.
    TestAnswer post(std::string target, std::string body, Headers headers = {});

    /// The value of a cookie that is kept, whatever its path; nullopt: there is none.
    [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const;
    void clear_cookies();  ///< As a browser that is used for the first time.

private:
    Application application_;
    WsgiOptions options_;
    std::unique_ptr<CookieJar> jar_;
};

/// The client of a WebSocket, in process. Pings are answered, and a Close, while a call of recv() or
/// close() waits.
class GROVE_EXPORT TestWebSocket {
public:
    /// Makes the handshake with `application`, and blocks until it is answered. The request is a GET
    /// whose headers, such as Origin or Sec-WebSocket-Protocol, are added to those of a handshake. With
    /// Sec-WebSocket-Extensions: permessage-deflate, messages of the server may be compressed.
    /// @throws as call() does
    explicit TestWebSocket(Application application, const TestRequest& request = {},
                           WsgiOptions options = {});
    TestWebSocket(const TestWebSocket&) = delete;
    TestWebSocket& operator=(const TestWebSocket&) = delete;
    /// The client vanishes, and an application that still runs is killed.
    ~TestWebSocket();

    /// The answer to the handshake: 101, or a refusal, whose body is not read. The lines of the error
    /// log are added as they come.
    [[nodiscard]] const TestAnswer& answer() const noexcept;
    /// Sends a message. @throws std::logic_error: the handshake was refused; std::system_error
    void send(std::string_view text);
    void send_binary(std::string_view data);  ///< The same with bytes of any kind.
    /// The next message; blocks until there is one. @return nullopt: closed, or refused
    /// @throws SocketTimeout  `timeout` passed without a byte
    std::optional<Message> recv(Timespan timeout = {});
    /// Sends a Close, waits for the server's and for the end of the application.
    void close(std::uint16_t code = 1000, std::string_view reason = {});
    /// Of the server's Close; 1005 if it had no code, 1006 if there was none, 0 while it is open.
    [[nodiscard]] std::uint16_t close_code() const noexcept;
    [[nodiscard]] const std::string& close_reason() const noexcept;  ///< With that code.

private:
    struct Parts;
    void send_frame(int opcode, std::string_view payload);

    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
