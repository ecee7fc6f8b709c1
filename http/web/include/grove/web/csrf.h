// csrf.h - requests that change something come only from the site's own pages.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// Where the token is, and who else may send it.
struct CsrfOptions {
    std::string header = "X-CSRF-Token";  ///< The field of a request.
    std::string field = "csrf_token";     ///< The field of a form, if there is no such header.
    /// Other sites whose pages may send requests: "https://a.test". They need the token, too.
    std::vector<std::string> origins{};
    /// Bytes of a form that is read for its token: as many as the largest form that the application
    /// takes. A larger form is answered with 413.
    std::size_t form_limit = 1U << 20U;
};

/// Answers 403, by an HttpError, to a request of another method than GET, HEAD, OPTIONS and TRACE,
/// unless all of this holds: Sec-Fetch-Site, if it is there, says "same-origin" or "none"; Origin,
/// if it is there, is the request's own host; it brings a token that Request::csrf_token() gave to
/// the same session. A request from one of `origins` need not meet the first two conditions. The
/// token is in the header, or in a form of type application/x-www-form-urlencoded, which is read
/// for it as Request::form() reads it, and a smaller limit that the handler gives to form() still
/// holds. With any other type of body, the token must be in the header. The secret is the session's
/// value "_csrf": clear() makes all tokens useless. Blocks while it reads a form.
///
/// It stands inside sessions(): without a session, each request ends with std::logic_error.
/// @throws std::invalid_argument  a header that is not a token, an empty field, an origin with a
///                                path or without a scheme
GROVE_EXPORT http::Middleware csrf(CsrfOptions options = {});

}  // namespace grove::web
