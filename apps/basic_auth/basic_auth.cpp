// basic_auth - a middleware that wants a name and a password.
//
// config: {"realm": TEXT, "users": {NAME: PASSWORD, …} or "file": PATH of htpasswd}
#include <string_view>
#include <utility>

#include <grove/plugin.h>
#include <grove/web/basic_auth.h>

#include "members.h"

namespace {

grove::http::Middleware make_basic_auth(std::string_view config) {
    Members members{config};
    grove::web::BasicAuthOptions options;
    members.take("realm", options.realm);
    members.take("users", options.users);
    members.take("file", options.file);
    members.done();
    return grove::web::basic_auth(std::move(options));
}

}  // namespace

GROVE_MIDDLEWARE(basic_auth, "1.0", make_basic_auth);
