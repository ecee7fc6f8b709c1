// cors.h - which other sites' pages may read answers (Fetch Standard, section 3.2).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// Which sites' pages cors() allows what. Pages of the site itself need none of it.
struct CorsOptions {
    /// "https://a.test", "http://localhost:3000"; "*": any origin, and then no other entry.
    std::vector<std::string> origins{};
    /// ".a.test": each https://….a.test without a port.
    std::vector<std::string> suffixes{};
    /// Methods that a preflight may ask for. Case counts.
    std::vector<std::string> methods{"GET", "HEAD", "POST"};
    /// Fields that a preflight may ask for, in any case; "*": all fields, and then no other entry.
    std::vector<std::string> headers{};
    std::vector<std::string> expose{};  ///< Fields of answers that pages may read.
    bool credentials = false;           ///< Pages may send cookies and read the answer.
    /// How long a browser may keep the answer to a preflight; nullopt: its own 5 s.
    std::optional<std::chrono::seconds> max_age{};
};

/// Adds Access-Control-* fields, in place of the application's own, to answers, and to an HttpError
/// that passes, which is thrown on. A BadRequest of http is thrown on as an HttpError with these
/// fields. A preflight (OPTIONS with Origin and Access-Control-Request-Method) is answered here
/// with 204, without these fields if it is refused. Every other request reaches the application,
/// whoever sent it: CORS protects what is read, not what is done. Vary has Origin on every answer,
/// unless "*" allows all. Never blocks by itself.
/// @throws std::invalid_argument  an origin with a path or without a scheme, a suffix without its
///                                dot, a text that is not a token, "*" beside others or with
///                                credentials, a negative max_age
GROVE_EXPORT http::Middleware cors(CorsOptions options);

}  // namespace grove::web
