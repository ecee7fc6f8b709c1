#include <grove/web/csrf.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <grove/http/application.h>
#include <grove/http/http_error.h>
#include <grove/web/fields.h>
#include <grove/web/request.h>
#include <grove/web/session.h>

#include "csrf_token.h"
#include "field_list.h"
#include "origin.h"

namespace grove::web {
namespace {

bool changes_nothing(std::string_view method) {
    constexpr std::array<std::string_view, 4> kSafe{"GET", "HEAD", "OPTIONS", "TRACE"};
    return std::find(kSafe.begin(), kSafe.end(), method) != kSafe.end();
}

// The scheme counts where the server knows it: a proxy that ends TLS may not tell.
bool is_own(const http::Environ& environ, std::string_view origin) {
    const std::size_t mark = origin.find("://");
    if (mark == origin.npos || environ["HTTP_HOST"].empty()) return false;
    if (environ["wsgi.url_scheme"] == "https" && origin.substr(0, mark) != "https") return false;
    return http::iequals(origin.substr(mark + 3), environ["HTTP_HOST"]);
}

std::string key_of(const std::string& field) {
    std::string key = "HTTP_";
    for (const char letter : field) {
        const bool lower = letter >= 'a' && letter <= 'z';
        key += letter == '-' ? '_' : lower ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return key;
}

bool is_urlencoded(std::string_view content_type) {
    return http::iequals(trimmed(content_type.substr(0, content_type.find(';'))),
                         "application/x-www-form-urlencoded");
}

class CsrfGate {
public:
    explicit CsrfGate(CsrfOptions options)
        : header_{key_of(options.header)},
          field_{std::move(options.field)},
          origins_{std::move(options.origins)},
          form_limit_{options.form_limit} {}

    /// @throws http::HttpError 403
    void admit(http::Environ& environ, const Session& session) const {
        if (!comes_from_here(environ))
            throw http::HttpError{403, "this request comes from another site's page\n"};
        if (!is_csrf_token(session, token_of(environ)))
            throw http::HttpError{403, "the form is too old: load its page again\n"};
    }

private:
    [[nodiscard]] bool comes_from_here(const http::Environ& environ) const {
        const std::string_view origin = environ["HTTP_ORIGIN"];
        if (std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) return true;
        const auto site = environ.get("HTTP_SEC_FETCH_SITE");
        if (site && *site != "same-origin" && *site != "none") return false;
        return !environ.get("HTTP_ORIGIN") || is_own(environ, origin);
    }

    [[nodiscard]] std::string token_of(http::Environ& environ) const {
        if (const auto token = environ.get(header_)) return std::string{*token};
        if (!is_urlencoded(environ["CONTENT_TYPE"])) return {};
        return Request{environ}.form(form_limit_).get(field_).value_or("");
    }

    const std::string header_;  // its key in the environ
    const std::string field_;
    const std::vector<std::string> origins_;
    const std::size_t form_limit_;
};

void check(const CsrfOptions& options) {
    if (!http::is_token(options.header) || options.header.find('_') != std::string::npos)
        throw std::invalid_argument{"csrf: header must be the name of a field, without '_'"};
    if (options.field.empty()) throw std::invalid_argument{"csrf: field is empty"};
    for (const std::string& origin : options.origins) require_origin("csrf", origin);
}

Session& session_of(http::Environ& environ) {
    const std::shared_ptr<void>& session = environ.shared("grove.web.session");
    if (!session)
        throw std::logic_error{"csrf() must stand inside sessions(), and there is no sessions()"};
    return *static_cast<Session*>(session.get());
}

}  // namespace

http::Middleware csrf(CsrfOptions options) {
    check(options);
    // Shared: applications are copied.
    const auto gate = std::make_shared<const CsrfGate>(std::move(options));
    return [gate](http::Application inner) -> http::Application {
        return [gate, inner = std::move(inner)](http::Environ& environ,
                                                http::StartResponse& start_response) {
            Session& session = session_of(environ);
            if (!changes_nothing(environ["REQUEST_METHOD"])) gate->admit(environ, session);
            // The session lives as long as the environ, which owns both.
            environ.shared("grove.web.csrf_token") = std::make_shared<std::function<std::string()>>(
                [&session] { return make_csrf_token(session); });
            return inner(environ, start_response);
        };
    };
}

}  // namespace grove::web
