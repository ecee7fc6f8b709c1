#include "admin_token.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include <grove/http/headers.h>

using namespace grove::http;

namespace {

bool is_same(std::string_view given, std::string_view token) {
    if (given.size() != token.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < token.size(); ++i)
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i]);
    return difference == 0;
}

bool has(std::string_view authorization, std::string_view token) {
    const std::size_t space = authorization.find(' ');
    if (space == authorization.npos || !iequals(authorization.substr(0, space), "Bearer"))
        return false;
    const std::size_t begin = authorization.find_first_not_of(' ', space);
    return begin != authorization.npos && is_same(authorization.substr(begin), token);
}

}  // namespace

Application only_with(std::string token, Application application) {
    if (token.empty()) return application;
    return [token = std::move(token), application = std::move(application)](
               Environ& request, StartResponse& start_response) -> Body {
        const std::string_view path = request["PATH_INFO"];
        if (path == "/healthz" || path == "/readyz" || has(request["HTTP_AUTHORIZATION"], token))
            return application(request, start_response);
        start_response("401 Unauthorized", {{"Content-Type", "text/plain; charset=utf-8"},
                                            {"Cache-Control", "no-store"},
                                            {"WWW-Authenticate", "Bearer realm=\"grove\""}});
        return "Unauthorized: wants the bearer token of admin.token\n";
    };
}
