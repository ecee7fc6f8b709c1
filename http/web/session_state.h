// session_state.h - a Session's inside: its cookie, its values once they were asked for, and whether
// they must be sent. Thread and greenlet: the handler's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/http/headers.h>
#include <grove/web/cookie.h>

#include "session_seal.h"

namespace grove::web {

/// What all sessions of one middleware share. Does not change.
struct SessionTerms {
    /// @param keys, sealed  as SessionSeal
    SessionTerms(const std::vector<std::string>& keys, bool sealed,
                 std::chrono::seconds its_lifetime, const Cookie& its_cookie)
        : seal{keys, its_cookie.name, sealed}, lifetime{its_lifetime}, cookie{its_cookie} {}

    const SessionSeal seal;
    const std::chrono::seconds lifetime;  ///< Since the last change.
    const Cookie cookie;                  ///< Its name and attributes.
};

class SessionState {
public:
    /// `cookies`: the field Cookie, valid as long as this.
    SessionState(std::shared_ptr<const SessionTerms> terms, std::string_view cookies) noexcept
        : terms_{std::move(terms)}, cookies_{cookies} {}

    /// Opens the cookie the first time.
    [[nodiscard]] const SessionValues& values();
    [[nodiscard]] bool fresh();
    /// @throws as Session::set()
    void replace(SessionValues values);
    /// start_response is called: does what vary() does, and adds Set-Cookie if there are changes;
    /// there can be none later.
    void write(http::Headers& headers);
    /// Adds Vary if the session was looked at: a cache must not give the answer to others.
    void vary(http::Headers& headers) const;

private:
    void load();

    const std::shared_ptr<const SessionTerms> terms_;  // the request may outlive the middleware
    const std::string_view cookies_;
    std::optional<SessionValues> values_;  // nullopt: not asked for
    bool fresh_ = true;
    bool changed_ = false;
    bool written_ = false;
};

}  // namespace grove::web
