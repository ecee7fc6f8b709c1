// security_headers - a middleware that has browsers be strict.
//
// config: {"hsts": SECONDS or null, "hsts_subdomains", "nosniff": BOOL, "frame", "referrer", "policy": TEXT}
#include <string_view>
#include <utility>

#include <grove/plugin.h>
#include <grove/web/security_headers.h>

#include "members.h"

namespace {

grove::http::Middleware make_security_headers(std::string_view config) {
    Members members{config};
    grove::web::SecurityHeadersOptions options;
    members.take("hsts", options.hsts);
    members.take("hsts_subdomains", options.hsts_subdomains);
    members.take("nosniff", options.nosniff);
    members.take("frame", options.frame);
    members.take("referrer", options.referrer);
    members.take("policy", options.policy);
    members.done();
    return grove::web::security_headers(std::move(options));
}

}  // namespace

GROVE_MIDDLEWARE(security_headers, "1.0", make_security_headers);
