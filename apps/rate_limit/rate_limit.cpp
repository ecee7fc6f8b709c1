// rate_limit - a middleware that bounds how often a client may ask.
//
// config: {"rate": REQUESTS A SECOND, "burst": REQUESTS, "table": KEYS, "key": "address" or a header's name}
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <grove/plugin.h>
#include <grove/web/rate_limit.h>

#include "members.h"

namespace {

using Key = std::function<std::string(grove::http::Environ&)>;

// The environ has no header with '_': its key would be that of another.
Key key_of(const std::string& header) {
    if (!grove::http::is_token(header) || header.find('_') != std::string::npos)
        throw std::invalid_argument{"\"key\" must be \"address\", or the name of a header"};
    std::string key = "HTTP_";
    for (const char letter : header) {
        const bool lower = letter >= 'a' && letter <= 'z';
        key += letter == '-' ? '_' : lower ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return [key](grove::http::Environ& environ) { return std::string{environ[key]}; };
}

grove::http::Middleware make_rate_limit(std::string_view config) {
    Members members{config};
    grove::web::RateLimitOptions options;
    std::string key = "address";
    members.take("rate", options.rate);
    members.take("burst", options.burst);
    members.take("table", options.table);
    members.take("key", key);
    members.done();
    if (key != "address") options.key = key_of(key);
    return grove::web::rate_limit(std::move(options));
}

}  // namespace

GROVE_MIDDLEWARE(rate_limit, "1.0", make_rate_limit);
