// bearer.h - a token with each request (RFC 6750).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// Who knows the tokens.
struct BearerOptions {
    std::string realm = "restricted";  ///< Named in the challenge.
    /// Returns whose token it is; nullopt: nobody's. Called in the request's greenlet; may block
    /// it. To compare secrets in constant time is its own affair.
    std::function<std::optional<std::string>(std::string_view token)> check{};
};

/// Lets a request pass if `check` knows the token of its Authorization, and sets REMOTE_USER to
/// what that gave, and AUTH_TYPE; otherwise answers 401, or 400 for what is no token, by an
/// HttpError. Blocks as `check` does.
/// @throws std::invalid_argument  no check; a realm that cannot be a field's value
GROVE_EXPORT http::Middleware bearer(BearerOptions options);

}  // namespace grove::web
