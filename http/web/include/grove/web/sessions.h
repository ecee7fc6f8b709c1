// sessions.h - the middleware that keeps a Session for each client, in the client's cookie.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>
#include <grove/web/cookie.h>
#include <grove/web/session.h>

namespace grove::web {

/// How the cookie is protected.
struct SessionOptions {
    /// Secrets of at least 32 random bytes. The first key makes cookies; cookies of all keys are
    /// believed. To change the key, put the new key in front, and take the old key away after
    /// `lifetime`.
    std::vector<std::string> keys{};
    /// false: the cookie is signed (HMAC-SHA-256), and the client can read it. true: the cookie is
    /// sealed (AES-256-GCM), and the client cannot read it.
    bool sealed = false;
    /// How long a session is believed after its last change, whatever the client does.
    std::chrono::seconds lifetime{86400};
    Cookie cookie{.name = "session"};  ///< Its name and attributes; the value is not used.
};

/// Gives each request a Session, which Request::session() finds, and sends it back with
/// start_response if it was changed; no worker keeps anything. Vary has Cookie on the answers that
/// start after the session was looked at. A client can give back an older cookie of its own until
/// that cookie is too old: data about what must happen only once belongs elsewhere. An HttpError
/// that passes sends no session. Never blocks by itself.
/// @throws std::invalid_argument  no key, one under 32 bytes, a lifetime that is not positive or
///                                over 100 years, a cookie outside of the grammar
GROVE_EXPORT http::Middleware sessions(SessionOptions options);

}  // namespace grove::web
