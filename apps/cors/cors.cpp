// cors - a middleware that tells browsers which other sites may read answers.
//
// config: {"origins", "suffixes", "methods", "headers", "expose": [TEXT, …], "credentials": BOOL, "max_age": SECONDS}
#include <string_view>
#include <utility>

#include <grove/plugin.h>
#include <grove/web/cors.h>

#include "members.h"

namespace {

grove::http::Middleware make_cors(std::string_view config) {
    Members members{config};
    grove::web::CorsOptions options;
    members.take("origins", options.origins);
    members.take("suffixes", options.suffixes);
    members.take("methods", options.methods);
    members.take("headers", options.headers);
    members.take("expose", options.expose);
    members.take("credentials", options.credentials);
    members.take("max_age", options.max_age);
    members.done();
    return grove::web::cors(std::move(options));
}

}  // namespace

GROVE_MIDDLEWARE(cors, "1.0", make_cors);
