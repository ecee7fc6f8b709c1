// bearer.h - a token with each request (RFC 6750).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// How tokens are asked for and checked.
struct BearerOptions {
    std::string realm = "restricted";  ///< Named in the challenge.
    /// Returns whose token it is; nullopt: nobody's. Called in the request's greenlet; may block
    /// it. The function itself must see to comparing secrets in constant time.
    std::function<std::optional<std::string>(std::string_view token)> check{};
};

/// Lets a request pass if `check` knows the token of its Authorization, and sets AUTH_TYPE, and
/// REMOTE_USER to the result of `check`; otherwise answers 401, or 400 for a text that is not a
/// token, by an HttpError. Blocks as `check` does.
/// @throws std::invalid_argument  no check; a realm that cannot be a field's value
GROVE_EXPORT http::Middleware bearer(BearerOptions options);

}  // namespace grove::web
