#include <grove/web/sessions.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <grove/http/application.h>
#include <grove/http/http_error.h>
#include <grove/web/session.h>

#include "changed_fields.h"
#include "session_state.h"

namespace grove::web {
namespace {

constexpr std::size_t kLeastKey = 32;
constexpr std::chrono::hours kMostLifetime{24 * 365 * 100};  // its end must be a number, too

void check(const SessionOptions& options) {
    if (options.keys.empty()) throw std::invalid_argument{"sessions: no key is given"};
    for (const std::string& key : options.keys) {
        if (key.size() < kLeastKey)
            throw std::invalid_argument{"sessions: a key must have at least 32 bytes"};
    }
    if (options.lifetime.count() <= 0 || options.lifetime > kMostLifetime)
        throw std::invalid_argument{"sessions: lifetime must be positive, and at most 100 years"};
    Cookie cookie = options.cookie;
    cookie.value = {};
    static_cast<void>(set_cookie_value(cookie));
}

/// One request's. The inner application may call its `start` until the body is closed.
struct Kept {
    Kept(std::unique_ptr<SessionState> its_state, http::StartResponse& outer)
        : state{*its_state},
          session{std::move(its_state)},
          start{[this, &outer](std::string status, http::Headers headers,
                               std::exception_ptr exc_info) {
              state.write(headers);
              return outer(std::move(status), std::move(headers), std::move(exc_info));
          }} {}

    SessionState& state;
    Session session;
    http::StartResponse start;
};

}  // namespace

http::Middleware sessions(SessionOptions options) {
    check(options);
    options.cookie.value = {};
    // Shared: applications are copied.
    const auto terms = std::make_shared<const SessionTerms>(options.keys, options.sealed,
                                                            options.lifetime, options.cookie);
    return [terms](http::Application inner) -> http::Application {
        return [terms, inner = std::move(inner)](http::Environ& environ,
                                                 http::StartResponse& start_response) {
            const auto kept = std::make_shared<Kept>(
                std::make_unique<SessionState>(terms, environ["HTTP_COOKIE"]), start_response);
            environ.shared("grove.web.session") = std::shared_ptr<Session>{kept, &kept->session};
            // What is thrown may depend on the session, too. It sends no change.
            const auto vary = [kept](int, http::Headers& headers) { kept->state.vary(headers); };
            try {
                http::Body body = inner(environ, kept->start);
                change_what_is_thrown_later(body, vary);
                // A function to call at its end would keep the slot until a slow client has it all.
                if (may_still_start(body)) body.on_close([kept] {});
                return body;
            } catch (const http::HttpError& error) {
                throw changed(error, vary);
            }
        };
    };
}

}  // namespace grove::web
