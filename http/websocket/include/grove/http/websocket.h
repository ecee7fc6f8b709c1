// websocket.h - WebSockets (RFC 6455), in two styles over one engine.
//
// In the greenlet style an application makes a WebSocket, and speaks through it in its greenlet until it returns. In the
// parked style it gives functions to websocket(), and returns: an idle WebSocket holds no greenlet then. Either way the
// hub reads: a ping is answered, a silent client is pinged, and a Close is answered while no greenlet looks.
//
// Once stopping() is set, no WebSocket begins, and those that are open are closed with code 1001: all at once, or evenly
// over WsgiOptions::drain_delay. stop() closes the rest.
//
// Thread: that of the server. A WebSocket must not outlive its thread's hub.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/application.h>
#include <grove/http/body.h>
#include <grove/http/environ.h>

namespace grove::http {

class WsSession;

/// Shares the engine of a connection. It counts without atomics, as it never leaves its thread.
class GROVE_EXPORT WsSessionRef {
public:
    WsSessionRef() noexcept = default;                   ///< Of none.
    explicit WsSessionRef(WsSession* session) noexcept;  ///< nullptr: of none.
    WsSessionRef(const WsSessionRef& other) noexcept : WsSessionRef{other.session_} {}
    WsSessionRef(WsSessionRef&& other) noexcept
        : session_{std::exchange(other.session_, nullptr)} {}
    WsSessionRef& operator=(WsSessionRef other) noexcept {
        std::swap(session_, other.session_);
        return *this;
    }
    ~WsSessionRef();

    [[nodiscard]] WsSession* get() const noexcept { return session_; }  ///< nullptr: none.
    WsSession* operator->() const noexcept { return session_; }         ///< @pre there is one

private:
    WsSession* session_ = nullptr;
};

/// The server's limits.websocket_message and timeouts.websocket_ping and websocket_pong bound these:
/// of two values the smaller counts.
struct WebSocketOptions {
    /// Bytes of a message that is received, as it is when inflated; more: code 1009.
    std::size_t message_bytes = std::size_t{1} << 20;
    /// A client that has sent nothing for so long is sent a ping; {}: as the server's time-out says.
    Timespan ping = std::chrono::seconds{30};
    /// How long that client may go on sending nothing: the connection is cut, and the code is 1006.
    Timespan pong = std::chrono::seconds{20};
    /// Messages are compressed, both ways, if the client offers permessage-deflate (RFC 7692). Those
    /// of less than 256 bytes are sent as they are, and those of more than 1 MiB.
    bool deflate = true;
    /// Subprotocols that the application speaks. The first of them that the client offers is chosen.
    std::vector<std::string> protocols{};
    /// Origins whose pages may connect: "https://a.test", or "*" for all but "null". {}: the host
    /// that the request itself names. Programs that are no browsers send no Origin, and may connect.
    std::vector<std::string> origins{};
};

/// A message, of one frame or of many.
struct Message {
    bool binary = false;  ///< Otherwise it is text, which is UTF-8.
    std::string data{};   ///< Of any length up to WebSocketOptions::message_bytes.
};

/// A handle of a connection, cheap to copy: other greenlets may keep it, and send. A call on a handle
/// that was made without a connection throws std::logic_error, except closed().
class GROVE_EXPORT WebSocket {
public:
    WebSocket() noexcept = default;  ///< Null.
    /// The greenlet style: answers 101, with start_response, and gives back the slot of the pool.
    /// The application returns {} later; then an open WebSocket is closed with code 1000, or 1011 if
    /// it throws. If its greenlet is killed, a Close with 1001 is tried once. While the application
    /// runs, every key of the environ stays readable. Blocks until the head is sent.
    /// @throws HttpError, with nothing sent: 400 and 426 (RFC 6455 section 4.2.1), 403 (the Origin),
    ///         503 (limits.websockets are reached, or the server stops). std::logic_error: the caller
    ///         does not serve the request, or start_response was called; std::system_error
    WebSocket(Environ& environ, StartResponse& start_response, WebSocketOptions options = {});

    /// The next message; blocks until there is one. While one message waits here, no more is read.
    /// @return nullopt: the WebSocket is closed, by either side, or by a stop of the server
    /// @throws Timeout  `timeout` passed first. std::logic_error: another greenlet is in recv(), or
    ///         the WebSocket is one of the parked style
    std::optional<Message> recv(Timespan timeout = {});

    /// Sends a message of text. Messages of several greenlets go one after the other. Blocks while
    /// 1 MiB waits for a slow client: a request, or an on_message, that has waited so for
    /// timeouts.write_slot in total runs on without its slot. A client that takes nothing for
    /// timeouts.write, or less than limits.write_rate, is cut.
    /// @return false: the WebSocket is closed, and nothing was sent
    /// @throws std::invalid_argument  the text is not UTF-8, and nothing was sent
    bool send(std::string_view text);
    bool send_binary(std::string_view data);  ///< The same with bytes of any kind.
    /// send() that never blocks. @return false also if so much waits that send() would block
    bool try_send(std::string_view text);
    bool try_send_binary(std::string_view data);  ///< The same with bytes of any kind.

    /// Sends a Close, and returns. What comes later is dropped; the client has five seconds for its
    /// own Close. No effect if closed. Never blocks.
    /// @throws std::invalid_argument  the code is not 1000 to 1003, 1007 to 1014 or 3000 to 4999, or
    ///         the reason is not UTF-8 or longer than 123 bytes; nothing was sent
    void close(std::uint16_t code = 1000, std::string_view reason = {});

    /// Of the Close that came first, from either side; 1005 if the client's had no code, 1006 if the
    /// connection ended without; 0 while it is open.
    [[nodiscard]] std::uint16_t close_code() const;
    [[nodiscard]] std::string close_reason() const;  ///< With that code; "" if none.
    [[nodiscard]] std::string protocol() const;      ///< The chosen subprotocol; "" if none.
    [[nodiscard]] bool closed() const;               ///< Also true for a null handle.

private:
    friend class WsSession;
    explicit WebSocket(WsSessionRef session) noexcept;
    [[nodiscard]] WsSessionRef session() const;

    WsSessionRef session_;  // shared by the handles, and by the connection while it lives
};

/// What an application does with a WebSocket of the parked style. Each function may be empty.
struct WebSocketHandlers {
    std::function<void(WebSocket)> on_open{};  ///< In the request's greenlet, after the 101.
    /// In a greenlet with a slot of the pool, which it has waited for in line with the requests. A
    /// WebSocket has one under way. What it throws is reported, and closes with code 1011; so does
    /// a lack of memory to run it.
    std::function<void(WebSocket, Message)> on_message{};
    /// Once, in such a greenlet, when the WebSocket is closed and no on_message runs; not if the
    /// server is killed, or destroyed without a stop, before.
    std::function<void(WebSocket)> on_close{};
};

/// The parked style: answers 101 as WebSocket's constructor does, and throws what that throws. The
/// application returns what this returns. The environ is gone when the application has returned.
GROVE_EXPORT Body websocket(Environ& environ, StartResponse& start_response,
                            WebSocketHandlers handlers, WebSocketOptions options = {});

}  // namespace grove::http
