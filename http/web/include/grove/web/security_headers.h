// security_headers.h - fields that make browsers strict with a site's answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// What security_headers() adds; nullopt, false and "" turn a field off.
struct SecurityHeadersOptions {
    /// Strict-Transport-Security's max-age (RFC 6797), only for answers over https; 0 makes
    /// browsers forget the site.
    std::optional<std::chrono::seconds> hsts = std::chrono::seconds{63072000};
    bool hsts_subdomains = false;  ///< Its includeSubDomains.
    bool nosniff = true;           ///< X-Content-Type-Options: nosniff.
    /// Content-Security-Policy's frame-ancestors: who may show the site in a frame.
    std::string frame = "'none'";
    std::string referrer = "strict-origin-when-cross-origin";  ///< Referrer-Policy.
    std::string policy{};  ///< Content-Security-Policy's other directives.
};

/// Adds these fields to each answer, and to an HttpError that passes, which is thrown on. A
/// BadRequest of http is thrown on as an HttpError with these fields. A field that the application
/// gave itself stays as it is. Never blocks by itself.
/// @throws std::invalid_argument  a text that cannot be a field's value, a negative time, a frame
///                                with ';' or ',' in it, frame-ancestors in both frame and policy
GROVE_EXPORT http::Middleware security_headers(SecurityHeadersOptions options = {});

}  // namespace grove::web
