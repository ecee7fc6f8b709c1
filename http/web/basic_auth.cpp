#include <grove/web/basic_auth.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include <openssl/crypto.h>

#include <grove/http/http_error.h>

#include "authorization.h"
#include "base64.h"
#include "passwords.h"

namespace grove::web {
namespace {

using Check = std::function<bool(std::string_view user, std::string_view password)>;

Check check_of(BasicAuthOptions& options) {
    const int given =
        (options.users.empty() ? 0 : 1) + (options.file.empty() ? 0 : 1) + (options.check ? 1 : 0);
    if (given != 1) {
        throw std::invalid_argument{
            "basic_auth: exactly one of users, file and check must be given"};
    }
    if (options.check) return std::move(options.check);
    // Shared: a std::function is copied.
    if (!options.users.empty()) {
        return [all = std::make_shared<const PlainPasswords>(options.users)](
                   std::string_view user, std::string_view password) {
            return all->right(user, password);
        };
    }
    return [all = std::make_shared<HashedPasswords>(options.file)](std::string_view user,
                                                                   std::string_view password) {
        return all->right(user, password);
    };
}

// RFC 7617 section 2: neither has control characters.
bool has_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char byte) {
        return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
    });
}

struct BasicGate {
    std::string challenge;
    Check check;

    // @return the user; nullopt: none that is right
    [[nodiscard]] std::optional<std::string> user_of(std::string_view authorization) const {
        const auto credentials = credentials_of(authorization, "Basic");
        if (!credentials) return std::nullopt;
        std::optional<std::string> pair = decode_base64(*credentials);
        if (!pair) return std::nullopt;
        const std::size_t colon = pair->find(':');
        if (colon == pair->npos || has_controls(*pair)) return std::nullopt;
        const std::string_view all = *pair;
        const bool right = check(all.substr(0, colon), all.substr(colon + 1));
        OPENSSL_cleanse(pair->data() + colon, pair->size() - colon);
        if (!right) return std::nullopt;
        pair->resize(colon);
        return pair;
    }

    void admit(http::Environ& environ) const {
        std::optional<std::string> user = user_of(environ["HTTP_AUTHORIZATION"]);
        if (!user) throw http::HttpError{401, "", {{"WWW-Authenticate", challenge}}};
        environ.set("REMOTE_USER", std::move(*user));
        environ.set("AUTH_TYPE", "Basic");
    }
};

}  // namespace

http::Middleware basic_auth(BasicAuthOptions options) {
    std::string asks = challenge("Basic", options.realm) + ", charset=\"UTF-8\"";
    // Shared: applications are copied.
    const auto gate =
        std::make_shared<const BasicGate>(BasicGate{std::move(asks), check_of(options)});
    return [gate](http::Application inner) -> http::Application {
        return [gate, inner = std::move(inner)](http::Environ& environ,
                                                http::StartResponse& start_response) {
            gate->admit(environ);
            return inner(environ, start_response);
        };
    };
}

}  // namespace grove::web
