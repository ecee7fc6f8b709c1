// basic_auth.h - a name and a password with each request (RFC 7617).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/http/middleware.h>

namespace grove::web {

/// Where passwords are looked up: exactly one of users, file and check.
struct BasicAuthOptions {
    std::string realm = "restricted";            ///< What the client shows its user.
    std::map<std::string, std::string> users{};  ///< Name and password.
    /// A file of `htpasswd -B`: name:hash lines, '#' begins a comment. It is read once, now.
    /// Hashes: bcrypt, and the other hashes of crypt(3) that begin with `$`.
    std::string file{};
    /// Called in the request's greenlet; may block it.
    std::function<bool(std::string_view user, std::string_view password)> check{};
};

/// Lets a request pass if its Authorization has a name and password that are right, and sets
/// REMOTE_USER and AUTH_TYPE; otherwise answers 401, by an HttpError. The time that this takes does
/// not tell anything of the passwords, nor whether `users` or `file` has the user. Hashes of `file`
/// are computed by two threads at most, while the request's greenlet waits; the last right password
/// of a user is remembered, so that only the first request waits.
/// Use it only over https: the password is readable.
/// Thread: the middleware serves one hub.
/// @throws std::invalid_argument  not exactly one of the three; a realm that cannot be a field's
///                                value; a name with ':'; a line of the file that is not a name and
///                                a hash
///         std::system_error      the file cannot be read
GROVE_EXPORT http::Middleware basic_auth(BasicAuthOptions options);

}  // namespace grove::web
