// client.h - a client for HTTP/1.1, over TCP, TLS and unix sockets: it keeps connections.
//
// Nothing is read from the environment, and there are no proxies. Nothing is normalised: a URL's
// path and query go out as they are written, and a fragment is not sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/tls.h>
#include <grove/http/body.h>
#include <grove/http/client_answer.h>  // IWYU pragma: export
#include <grove/http/client_error.h>   // IWYU pragma: export
#include <grove/http/headers.h>

namespace grove::http {

/// How a Client treats all its requests. A time that is nullopt has no bound.
struct ClientOptions {
    /// Connections to one scheme, host and port, those with an answer that is not read to its end
    /// included. Further requests wait in a line, first come, first served.
    std::size_t per_host = 8;
    std::size_t idle_total = 100;              ///< Unused connections that are kept, to all hosts.
    Duration idle = std::chrono::seconds{60};  ///< An unused connection is closed after that.
    Timespan connect =
        std::chrono::seconds{10};  ///< To be connected, TLS included; and in the line.
    Timespan first_byte = std::chrono::seconds{30};  ///< From the last byte sent to the head's end.
    /// Without a byte of the answer's body; and without that the peer takes a byte of the request.
    Timespan body = std::chrono::seconds{30};
    /// So many redirects are followed; 0: an answer of 301 to 308 is the answer. Beyond: kRedirect.
    std::size_t redirects = 0;
    std::size_t head_bytes = 65536;  ///< Of an answer's head, interim heads included: kTooLarge.
    /// Ask for gzip, deflate, br and zstd, and decode what comes. A request that has an
    /// Accept-Encoding or a Range of its own is left alone, and so is its answer.
    bool decompress = true;
    /// For https; null: a TlsContext::client() of its own, which trusts the system's authorities.
    std::shared_ptr<TlsContext> tls{};
    std::string user_agent{};  ///< A User-Agent field, unless the request has one; "": none.
};

/// One request.
struct ClientRequest {
    std::string method = "GET";  ///< A token; not CONNECT.
    /// "http://host[:port]/path?query", "https://…", or "http://unix:/path/of/socket:/path?query"
    /// (Host: localhost). User information is refused.
    std::string url{};
    /// Sent as they are, in order. Host replaces that of the URL. Upgrade asks for another
    /// protocol.
    Headers headers{};
    /// Text, pieces and a file have a Content-Length; a generator is sent chunked unless `length` is
    /// told, and called in the greenlet that sends.
    Body body{};
    /// Of a generator's body, which is sent with this Content-Length then. nullopt: not known.
    std::optional<std::uint64_t> length{};
    /// From send() to the body's end, the line for a connection included; nullopt: no bound.
    Timespan timeout{};
};

class ClientCore;

/// Thread: the hub's that made it. Any of its greenlets may send at the same time.
///
/// A connection that was kept may have been closed by its server meanwhile. A request that finds it
/// so before any byte of an answer is sent once more, on a new connection, if none of it was
/// written, or if its method is GET, HEAD, OPTIONS, TRACE, PUT or DELETE and its body is not a
/// generator.
class GROVE_EXPORT Client {
public:
    /// @throws std::invalid_argument if `per_host` is 0 or `user_agent` is not a field's value
    explicit Client(ClientOptions options = {});
    /// Closes the unused connections. Answers that are being read are not disturbed.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends, and blocks until the answer's head is there. An answer that comes before the whole
    /// request was sent ends the sending; it is the answer. Interim answers (1xx) are skipped.
    /// @throws ClientError; a kill or a TimeoutGuard's Timeout passes as it is
    /// @throws std::invalid_argument before anything is sent: a method or a field that HTTP does not
    /// allow, Host twice, Content-Length, Transfer-Encoding or Connection; `length` without a generator
    /// @throws std::length_error if the generator's pieces are not `length` bytes together; nothing
    /// beyond these was sent, and the connection is closed
    /// @throws what the body's generator throws; the connection is closed then
    ClientAnswer send(ClientRequest request);
    ClientAnswer get(std::string url, Headers headers = {});              ///< As send().
    ClientAnswer post(std::string url, Body body, Headers headers = {});  ///< As send().

    /// Connections that are open now, unused ones included.
    [[nodiscard]] std::size_t connections() const noexcept;

private:
    std::shared_ptr<ClientCore> core_;  // requests under way share it
};

}  // namespace grove::http
