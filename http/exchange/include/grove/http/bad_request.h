// bad_request.h - the exceptions that reading a request's body throws.
#pragma once

#include <stdexcept>
#include <string>

#include <grove/core/detail/export.h>

namespace grove::http {

/// The client broke the protocol in the body. If it leaves the application before anything was
/// sent, the client is answered status(), and the connection closes.
class GROVE_EXPORT BadRequest : public std::runtime_error {
public:
    /// `status`: the client's answer, 400 to 499.
    explicit BadRequest(const std::string& what, int status = 400)
        : std::runtime_error{what}, status_{status} {}
    ~BadRequest() override;
    [[nodiscard]] int status() const noexcept { return status_; }  ///< As constructed.

private:
    int status_;
};

/// The client left before the body was complete. Never an answer: nobody is there to read it.
class GROVE_EXPORT ClientDisconnected : public BadRequest {
public:
    using BadRequest::BadRequest;  ///< As BadRequest's.
    ~ClientDisconnected() override;
};

/// The body is larger than the configured limit, or than read_all()'s limit: 413.
class GROVE_EXPORT PayloadTooLarge : public BadRequest {
public:
    /// `what`: for the log.
    explicit PayloadTooLarge(const std::string& what) : BadRequest{what, 413} {}
    ~PayloadTooLarge() override;
};

}  // namespace grove::http
