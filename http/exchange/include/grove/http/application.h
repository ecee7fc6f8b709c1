// application.h - app(environ, start_response) -> body: PEP 3333 in C++. Thread: the server's.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/http/body.h>
#include <grove/http/environ.h>
#include <grove/http/headers.h>
#include <grove/http/input.h>

namespace grove::http {

class Exchange;

/// PEP 3333's write(): sends the head, unless the head was sent, then the data. Copies may be kept;
/// a call after the end of the response throws std::logic_error and touches nothing.
class GROVE_EXPORT Write {
public:
    explicit Write(Exchange& exchange) noexcept;
    Write(const Write& other) noexcept;
    Write& operator=(Write other) noexcept;
    ~Write();

    /// Blocks until the kernel has taken the data, at most timeouts.write. Empty data sends
    /// nothing, not even the head.
    /// @throws std::system_error if the client is gone; std::logic_error while another greenlet
    ///         sends this response
    void operator()(std::string_view data) const;

private:
    Exchange* exchange_;
};

/// PEP 3333's start_response(). It sends nothing: the head leaves with the body's first piece.
class GROVE_EXPORT StartResponse {
public:
    explicit StartResponse(Exchange& exchange) noexcept : exchange_{exchange} {}
    StartResponse(const StartResponse&) = delete;
    StartResponse& operator=(const StartResponse&) = delete;

    /// @param status   "404 Not Found": three digits from 100 to 999, then nothing, or a space and
    ///                 text
    /// @param headers  sent as given; the server adds Date, Content-Length and Connection where due
    /// @param exc_info not null: an error occurred, and this answer replaces an earlier answer; if
    ///                 the earlier head was sent, the exception is rethrown and the connection is
    ///                 dropped
    /// @throws std::invalid_argument for a bad status, name or value; std::logic_error for a second
    ///         call without exc_info, and for a header that only the server may set. Nothing was
    ///         stored then.
    Write operator()(std::string status, Headers headers, std::exception_ptr exc_info = nullptr);

private:
    Exchange& exchange_;
};

/// An application. The server calls it in a pooled greenlet for each request, so several calls may
/// be under way at once. Both references are valid until the returned body is closed. An exception
/// that leaves the application becomes a 500.
using Application = std::function<Body(Environ&, StartResponse&)>;

}  // namespace grove::http
