// http_error.h - an answer that is thrown.
#pragma once

#include <stdexcept>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/headers.h>

namespace grove::http {

/// Leaves an application, or the generator of its body, before anything was sent: the client is
/// answered with this status, text and fields, whatever start_response was given before, and the
/// connection stays as after any other answer. A line of level info tells of it. Once the head was
/// sent, it is a failure, like any other exception: the body is cut, and the error is reported.
/// Middleware may catch it. Thread: any.
class GROVE_EXPORT HttpError : public std::runtime_error {
public:
    /// @param status   300 to 599
    /// @param text     the body, and what(), up to a NUL; "": the status's reason phrase. A status
    ///                 that forbids a body, 304, has none.
    /// @param headers  as for start_response; Content-Type: text/plain; charset=utf-8 is added
    ///                 unless there is one
    /// @throws std::invalid_argument  the status is not 300 to 599; start_response would refuse a
    ///                                field
    HttpError(int status, std::string text = {}, Headers headers = {});
    HttpError(const HttpError&) = default;
    HttpError& operator=(const HttpError&) = default;
    ~HttpError() override;

    [[nodiscard]] int status() const noexcept { return status_; }               ///< As constructed.
    [[nodiscard]] const Headers& headers() const noexcept { return headers_; }  ///< As constructed.

private:
    int status_;
    Headers headers_;
};

}  // namespace grove::http
