// application.h - app(environ, start_response) -> body: PEP 3333 in C++. Thread: the server's.
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <grove/core/detail/export.h>
#include <grove/http/body.h>
#include <grove/http/environ.h>
#include <grove/http/headers.h>
#include <grove/http/input.h>

namespace grove::http {

class ServedRequest;

/// PEP 3333's write(): sends the head, unless the head was sent, then the data. Copies may be kept;
/// a call after the end of the response throws std::logic_error and touches nothing.
class GROVE_EXPORT Write {
public:
    explicit Write(ServedRequest& request) noexcept;
    /// For middleware, as the result of a StartFunction. Each call goes to `function`, which all
    /// copies share.
    /// @throws std::invalid_argument if it is empty
    explicit Write(std::function<void(std::string_view)> function);
    Write(const Write& other) noexcept;
    Write& operator=(Write other) noexcept;
    ~Write();

    /// Blocks until the kernel has taken the data, at most timeouts.write. Empty data sends
    /// nothing, not even the head.
    /// @throws std::system_error if the client is gone; std::logic_error while another greenlet
    ///         sends this response; what a middleware's function throws
    void operator()(std::string_view data) const;

private:
    ServedRequest* request_;  // null: there is a function
    std::shared_ptr<const std::function<void(std::string_view)>> function_;  // of all copies
};

/// A middleware makes a start_response of such a function. The function gets the arguments of the
/// inner application's call, checked; the exception is null unless an error occurred. It calls the
/// outer start_response, with arguments of its own choice, now or before the body's first piece.
/// @return the inner application's write(): that of the outer start_response, or a Write that the
/// middleware made
using StartFunction =
    std::function<Write(std::string status, Headers headers, std::exception_ptr exc_info)>;

/// PEP 3333's start_response(). It sends nothing: the head leaves with the body's first piece.
class GROVE_EXPORT StartResponse {
public:
    explicit StartResponse(ServedRequest& request) noexcept : request_{&request} {}
    /// For middleware: the start_response of the inner application. It must live as long as the
    /// inner application may call it: for a generator, as long as the body. A call is checked here,
    /// as below, and counted, before it goes to `function`; exc_info is passed on to `function`.
    /// @param function a StartFunction, or anything that can be called like one, such as a lambda
    /// @throws std::invalid_argument if it is empty
    explicit StartResponse(
        std::function<Write(std::string&&, Headers&&, std::exception_ptr&&)> function)
        : function_{std::move(function)} {
        if (!function_) refuse_no_function();
    }
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
    Write operator()(std::string status, Headers headers,
                     const std::exception_ptr& exc_info = nullptr);
    /// The same for a middleware that hands on what it was given: nothing is copied.
    Write operator()(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info) {
        if (request_ != nullptr)
            return start(std::move(status), std::move(headers), std::move(exc_info));
        check(status, headers, exc_info);
        return function_(std::move(status), std::move(headers), std::move(exc_info));
    }
    /// The same for fields that are written out: start_response("200 OK", {{"X-A", a}}). The texts
    /// need not live longer than the call.
    Write operator()(std::string_view status,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> headers);
    /// The same. Without this overload, a std::string beside such fields would fit neither of the
    /// two other overloads better.
    template <std::convertible_to<std::string_view> Status>
    Write operator()(const Status& status,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
        return (*this)(std::string_view{status}, headers);
    }

private:
    Write start(std::string&& status, Headers&& headers, std::exception_ptr&& exc_info);
    Write call_function(
        std::string_view status,
        std::initializer_list<std::pair<std::string_view, std::string_view>> headers);
    void check(const std::string& status, const Headers& headers,
               const std::exception_ptr& exc_info);
    [[noreturn]] static void refuse_no_function();

    ServedRequest* request_ = nullptr;  // null: there is a function
    std::function<Write(std::string&&, Headers&&, std::exception_ptr&&)> function_;
    bool called_ = false;  // the function was
};

/// An application. The server calls it in a pooled greenlet for each request, so several calls may
/// be under way at once. Both references are valid until the returned body is closed. An exception
/// that leaves the application becomes a 500; an HttpError becomes its own answer.
using Application = std::function<Body(Environ&, StartResponse&)>;

}  // namespace grove::http
