// environ.h - the request as an application sees it (PEP 3333's environ).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/input.h>

namespace grove {
class Event;
class Stream;
}  // namespace grove

namespace grove::http {

class ServedRequest;

/// A view of the request: nothing is copied or built until it is asked for. The view and every
/// string_view it gave are valid until the body that the application returned is closed. Strings
/// are the bytes that were received.
///
/// Always there: REQUEST_METHOD, SCRIPT_NAME, PATH_INFO (percent-decoded), QUERY_STRING,
/// REQUEST_URI (the target as it was sent), SERVER_NAME, SERVER_PORT, SERVER_PROTOCOL,
/// SERVER_SOFTWARE, GATEWAY_INTERFACE, wsgi.version, wsgi.url_scheme, wsgi.multithread,
/// wsgi.multiprocess, wsgi.run_once, wsgi.input_terminated.
/// REMOTE_ADDR and REMOTE_PORT, except over unix sockets. CONTENT_TYPE and CONTENT_LENGTH if sent.
/// Every other field as HTTP_NAME: fields of one name are joined with ',' (Cookie with "; "); names
/// with '_', and Proxy, are dropped. Over HTTP/2, HTTP_HOST is :authority if that was sent, and a body
/// without Content-Length has HTTP_TRANSFER_ENCODING "chunked", as over HTTP/1.1.
///
/// Over TLS, SSL_CLIENT_VERIFY is NONE, SUCCESS, or FAILED:reason for a client whose optional
/// certificate is not good. SUCCESS adds SSL_CLIENT_S_DN and _I_DN (subject and issuer, RFC 2253),
/// _M_SERIAL (hexadecimal), _V_END (the end of the certificate's time), and, for get() alone,
/// SSL_CLIENT_CERT (PEM).
///
/// If the peer is one of WsgiOptions::trusted_proxies, also over a unix socket, REMOTE_ADDR is the
/// right-most address of X-Forwarded-For that is not a trusted proxy's, REMOTE_PORT is absent, and
/// wsgi.url_scheme is the value of X-Forwarded-Proto. WsgiOptions::forwarded may choose other
/// fields, and have them give HTTP_HOST, SERVER_NAME and SERVER_PORT, too. After a PROXY header the
/// peer is the client that the header tells of. The proxies' fields stay in the environ as they
/// came.
///
/// With WsgiOptions::request_ids there is grove.request_id: the X-Request-Id of a trusted peer, if
/// it is a single field and a token of at most 128 bytes; otherwise an id that the server made.
///
/// With WsgiOptions::traceparent there is grove.traceparent (W3C Trace Context, version 00): a
/// trusted peer's, if it is a single field and keeps the rules; otherwise the begin of a trace that
/// is not sampled.
class GROVE_EXPORT Environ {
public:
    explicit Environ(ServedRequest& request) noexcept : request_{request} {}
    Environ(const Environ&) = delete;
    Environ& operator=(const Environ&) = delete;

    /// "" if absent.
    std::string_view operator[](std::string_view key) const {
        return get(key).value_or(std::string_view{});
    }
    /// nullopt if absent. Never blocks; never throws for a name without meaning.
    std::optional<std::string_view> get(std::string_view key) const;
    /// Sets a value for this request only; it wins over what was received.
    void set(std::string key, std::string value);
    /// Every key that is text, made now, except SSL_CLIENT_CERT.
    std::map<std::string, std::string> items() const;
    /// Calls `visit` once for each key that items() has, in an order that means nothing, without a
    /// map or a copy. The value stays valid as long as a value of get(); the key is valid only
    /// during the call. A value that `visit` sets is not visited. @throws what `visit` throws
    void for_each(
        const std::function<void(std::string_view key, std::string_view value)>& visit) const;
    /// The pointer of that name, null at first. Middlewares use it to hand objects to each other
    /// and to the application. The reference is valid as long as the environ. The object that the
    /// pointer owns is let go when the request is over, after the body was closed; the object's
    /// destructor must not throw or block.
    std::shared_ptr<void>& shared(std::string_view name);

    /// The peer is one of WsgiOptions::trusted_proxies: the server believes its fields that tell of
    /// the client. After a PROXY header the peer is the client that the header tells of. Never
    /// blocks.
    [[nodiscard]] bool from_trusted_peer() const;

    Input& input();  ///< wsgi.input: the request's body.
    /// For an application that answers 101: sends the head that start_response("101 ...") was
    /// given, with its Connection and Upgrade fields, and hands over the connection. The stream
    /// first gives the bytes that the client sent after its request. HTTP and its time-outs are
    /// over then. The slot is held until the application has returned ({} after this) and its body
    /// is closed; then the stream is closed, too, unless it was moved away. Blocks until the head
    /// is sent. The Stream is valid as long as the environ.
    /// @throws std::logic_error, with nothing sent: the client asked for no upgrade, the status is
    ///         not 101, a head has been sent, or the request's body has not been read to its end;
    ///         std::system_error
    Stream& upgrade();
    /// For a request that will run for long: gives its slot of the pool to others at once, and runs
    /// on without a slot. Stops, kills, timeouts.request and WsgiServer::requests() find the
    /// request as before. No effect the second time, or without a slot, such as in a server whose
    /// spawn has no bound. Never blocks.
    /// @throws HttpError of status 503: limits.detached requests run without their slots already,
    ///         and nothing has changed: this request keeps its slot. If it is neither caught nor
    ///         made anew by a middleware, the log names the limit; the client gets the status's
    ///         phrase. std::logic_error: the caller is not the greenlet that serves the request
    void release_slot();
    /// How long this request may take from now on, in place of timeouts.request, which may be null;
    /// {}: any time. As with timeouts.request the client is answered with 503, or its body is cut
    /// if the head has left. No effect once the answer is made. Never blocks.
    /// @throws std::logic_error: the caller is not the greenlet that serves the request, or
    ///         upgrade() was called
    void set_timeout(Timespan timeout);
    /// Set once the client has gone, also while nobody reads or writes: the client was reset, the
    /// connection or its TLS is broken, a write has failed, or the client has sent its end and
    /// nothing before that is left to read. So an unread body or a further unread request hides an
    /// end, but not a reset. A client that only sends nothing more, and still reads, sets the
    /// event, too, although it gets what is written. Each call returns the same event; from the
    /// first call on, the connection is watched. Whoever still waits when the request ends is
    /// woken. The Event is valid as long as the environ. Never blocks.
    /// @throws std::logic_error after upgrade(), or once the application has ended;
    ///         std::system_error: the loop cannot watch the connection
    Event& disconnected();
    /// wsgi.errors: each line goes to the server's error log when the line ends, at level error;
    /// log() has the other levels. Bytes outside of printable ASCII are written as `\xhh`, a
    /// backslash as `\x5c`.
    std::ostream& errors();

private:
    friend class Exchange;  // ends it with the request
    friend ServedRequest& request_of(const Environ& environ) noexcept;

    ServedRequest& request_;
    std::optional<Input> input_;  // once it was asked for
};

}  // namespace grove::http
