// response_head.h - a response's head as bytes.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/http/headers.h>

#include "response_fields.h"

namespace grove::http {

/// How the client finds the end of the body.
enum class Framing : std::uint8_t {
    kNone,     ///< There is no body (101, 204, 304), or it ends with the connection.
    kLength,   ///< Content-Length.
    kChunked,  ///< Transfer-Encoding: chunked.
    kStream,   ///< The stream ends (HTTP/2).
};

/// What the response says about the connection after it.
enum class Persistence : std::uint8_t {
    kImplied,    ///< Nothing: HTTP/1.1 stays open by itself.
    kClose,      ///< Connection: close.
    kKeepAlive,  ///< Connection: keep-alive, for who must be told: HTTP/1.0 clients, or all.
};

/// What append_response_head() writes. All views must stay valid during the call only.
struct ResponseHead {
    std::string_view status;           ///< "200 OK", passed by validate_status().
    const Headers* headers = nullptr;  ///< The application's, passed by validate_headers().
    ResponseFields fields = {};        ///< What validate_headers() said about them.
    Framing framing = Framing::kNone;
    std::uint64_t length = 0;  ///< For Framing::kLength.
    Persistence persistence = Persistence::kImplied;
    /// Beside kKeepAlive: a Keep-Alive field with its CRLF, keep_alive_field(); "": none.
    std::string_view keep_alive = {};
    std::string_view server = {};  ///< A Server field, unless the application gave one; "": none.
    std::string_view request_id = {};  ///< An X-Request-Id field, in the same way.
};

/// "Keep-Alive: timeout=75" and CRLF: for so many whole seconds a client may use the connection again. "" if
/// `idle` has no bound.
std::string keep_alive_field(Timespan idle);

/// Appends the status line (always HTTP/1.1), the application's fields in their order, Server, Date
/// unless given, the framing field, the Connection field, and the blank line. The application's own
/// Content-Length and Connection are left out (but Connection with 101): `framing` and
/// `persistence` say it once.
/// @param now  the current second of the wall clock.
void append_response_head(std::string& out, const ResponseHead& head, std::time_t now);

/// An answer to a request that is refused or failed, as append_simple_response() gives it: its `head` refers to its other
/// members.
struct SimpleAnswer {
    /// As there.
    explicit SimpleAnswer(int status, std::string_view request_id = {}, int retry_after = 0,
                          std::string_view allow = {});
    SimpleAnswer(const SimpleAnswer&) = delete;
    SimpleAnswer& operator=(const SimpleAnswer&) = delete;

    std::string_view body;
    std::string line;
    Headers headers;
    ResponseHead head{};
};

/// Appends the whole answer to a request that is refused or failed: the status, `Connection:
/// close`, and the reason phrase as a text/plain body ("Bad Request").
/// @param head_only   leave the body out: the answer to a HEAD request.
/// @param request_id  for X-Request-Id; "": none
/// @param retry_after  seconds, for Retry-After; 0: none
/// @param allow  for Allow; "": none
void append_simple_response(std::string& out, int status, std::time_t now, bool head_only = false,
                            std::string_view request_id = {}, int retry_after = 0,
                            std::string_view allow = {});

/// The same as a new string.
[[nodiscard]] std::string simple_response(int status, std::time_t now, bool head_only = false);

}  // namespace grove::http
