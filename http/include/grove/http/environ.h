// environ.h - the request as an application sees it (PEP 3333's environ).
#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove {
class Stream;
}

namespace grove::http {

class Exchange;
class Input;

/// A view of the request: nothing is copied or built until asked for. Valid, with every string_view it
/// gave, until the body the application returned is closed. Strings are the bytes that were received.
///
/// Always there: REQUEST_METHOD, SCRIPT_NAME, PATH_INFO (percent-decoded), QUERY_STRING, SERVER_NAME,
/// SERVER_PORT, SERVER_PROTOCOL, SERVER_SOFTWARE, GATEWAY_INTERFACE, wsgi.version, wsgi.url_scheme,
/// wsgi.multithread, wsgi.multiprocess, wsgi.run_once, wsgi.input_terminated. REMOTE_ADDR and REMOTE_PORT
/// but for unix sockets. CONTENT_TYPE and CONTENT_LENGTH if sent, and every other field as HTTP_NAME:
/// several of one name joined with ',' (Cookie with "; "); names with '_' and Proxy are dropped.
///
/// Over TLS, SSL_CLIENT_VERIFY: NONE, SUCCESS, or FAILED:reason for a client whose certificate is optional and not good.
/// With SUCCESS SSL_CLIENT_S_DN and _I_DN (subject and issuer, RFC 2253), _M_SERIAL (hexadecimal), _V_END (the end of
/// its time), and to get() alone SSL_CLIENT_CERT (PEM).
///
/// If the peer is one of WsgiOptions::trusted_proxies, also over a unix socket: REMOTE_ADDR is the right-most
/// address of X-Forwarded-For that is no such proxy's, without REMOTE_PORT, and wsgi.url_scheme is what
/// X-Forwarded-Proto says; or as WsgiOptions::forwarded has it, HTTP_HOST, SERVER_NAME and SERVER_PORT too. With a PROXY
/// header the peer is whom that tells of. The fields are there as they came in any case. With WsgiOptions::request_ids there is
/// grove.request_id: X-Request-Id of such a peer, if it is one field, a token of at most 128 bytes, else an id that
/// was made.
class GROVE_EXPORT Environ {
public:
    explicit Environ(Exchange& exchange) noexcept : exchange_{exchange} {}
    Environ(const Environ&) = delete;
    Environ& operator=(const Environ&) = delete;

    /// "" if absent.
    std::string_view operator[](std::string_view key) const {
        return get(key).value_or(std::string_view{});
    }
    /// nullopt if absent. Never blocks, and never throws for a name that means nothing.
    std::optional<std::string_view> get(std::string_view key) const;
    /// For this request only; wins over what was received.
    void set(std::string key, std::string value);
    /// Every key that is text, made now, but for SSL_CLIENT_CERT.
    std::map<std::string, std::string> items() const;

    Input& input();  ///< wsgi.input: the request's body.
    /// For an application that answers 101: sends the head that start_response("101 ...") was given, with its
    /// Connection and Upgrade fields, and hands over the connection. What the client sent after its request is
    /// read first. HTTP and its time-outs are over then; the slot is held until the application has
    /// returned, {} after this, and its body is closed. Then the stream is closed too, unless it was moved away.
    /// Blocks until the head is sent. The Stream is valid as long as the environ.
    /// @throws std::logic_error, with nothing sent: the client asked for no upgrade, the status is not 101, a
    ///         head has been sent, the request's body has not been read to its end; std::system_error
    Stream& upgrade();
    /// For a request that will run for long: its slot of the pool is another's at once, and it runs on without one. Stops,
    /// kills, timeouts.request and WsgiServer::requests() find it as before. No effect without a slot, as in a server
    /// whose spawn has no bound, and the second time. Never blocks.
    /// @throws std::runtime_error, which the server answers with 503, and it keeps its slot: limits.detached requests
    ///         run so already; std::logic_error: the caller is not the greenlet that serves the request
    void release_slot();
    /// wsgi.errors: each line goes to the server's error log when it ends, with bytes outside of printable ASCII as
    /// \xhh, and a backslash as \x5c.
    std::ostream& errors();

private:
    Exchange& exchange_;
};

}  // namespace grove::http
