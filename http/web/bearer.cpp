#include <grove/web/bearer.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include <grove/http/http_error.h>

#include "authorization.h"

namespace grove::web {
namespace {

// RFC 6750 section 2.1: b64token.
bool is_token(std::string_view text) {
    const std::size_t end = text.find_last_not_of('=');
    if (end == text.npos) return false;
    text = text.substr(0, end + 1);
    return std::all_of(text.begin(), text.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= '0' && byte <= '9') ||
               std::string_view{"-._~+/"}.find(byte) != std::string_view::npos;
    });
}

struct BearerGate {
    std::string challenge;
    std::function<std::optional<std::string>(std::string_view token)> check;

    [[noreturn]] void refuse(int status, const char* error) const {
        std::string field = challenge;
        if (error != nullptr) field.append(", error=\"").append(error).append("\"");
        throw http::HttpError{status, "", {{"WWW-Authenticate", std::move(field)}}};
    }

    void admit(http::Environ& environ) const {
        const auto token = credentials_of(environ["HTTP_AUTHORIZATION"], "Bearer");
        if (!token) refuse(401, nullptr);
        if (!is_token(*token)) refuse(400, "invalid_request");
        std::optional<std::string> user = check(*token);
        if (!user) refuse(401, "invalid_token");
        environ.set("REMOTE_USER", std::move(*user));
        environ.set("AUTH_TYPE", "Bearer");
    }
};

}  // namespace

http::Middleware bearer(BearerOptions options) {
    if (!options.check) throw std::invalid_argument{"bearer: no check is given"};
    // Shared: applications are copied.
    const auto gate = std::make_shared<const BearerGate>(
        BearerGate{challenge("Bearer", options.realm), std::move(options.check)});
    return [gate](http::Application inner) -> http::Application {
        return [gate, inner = std::move(inner)](http::Environ& environ,
                                                http::StartResponse& start_response) {
            gate->admit(environ);
            return inner(environ, start_response);
        };
    };
}

}  // namespace grove::web
