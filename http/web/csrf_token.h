// csrf_token.h - the secret of a session, and tokens that show that one knows it.
//
// A token is the secret under a mask of its own: no two are alike, so that the sizes of compressed
// pages tell nothing of it (BREACH).
#pragma once

#include <string>
#include <string_view>

#include <grove/web/session.h>

namespace grove::web {

/// A new token. Gives the session a secret if it has none. @throws as Session::set()
[[nodiscard]] std::string make_csrf_token(Session& session);

/// make_csrf_token() gave `token` for this session. In constant time.
[[nodiscard]] bool is_csrf_token(const Session& session, std::string_view token);

}  // namespace grove::web
