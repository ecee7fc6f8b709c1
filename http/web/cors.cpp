#include <grove/web/cors.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "changed_fields.h"
#include "field_list.h"
#include "origin.h"

namespace grove::web {
namespace {

using Texts = std::vector<std::string>;

[[noreturn]] void refuse_cors(const std::string& what) {
    throw std::invalid_argument{"cors: " + what};
}

bool is_any(const Texts& list) { return list.size() == 1 && list.front() == "*"; }

bool has(const Texts& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// "*" is a token, too, and would be one name of several.
void check_star(const char* option, const Texts& list, bool credentials) {
    if (!has(list, "*")) return;
    if (list.size() > 1) refuse_cors(std::string{option} + ": \"*\" must stand alone");
    if (credentials) refuse_cors(std::string{option} + ": \"*\" does not go with credentials");
}

void check_names(const char* option, const Texts& list, bool credentials) {
    for (const std::string& name : list) {
        if (!http::is_token(name))
            refuse_cors(std::string{option} + ": \"" + name + "\" is not a token");
    }
    check_star(option, list, credentials);
}

void check_suffix(const std::string& suffix) {
    if (suffix.size() < 2 || suffix.front() != '.' || !is_origin("https://a" + suffix) ||
        suffix.find(':') != std::string::npos)
        refuse_cors("\"" + suffix + "\" is not a suffix such as \".a.test\"");
}

void check(const CorsOptions& options) {
    check_star("origins", options.origins, options.credentials);
    if (!is_any(options.origins)) {
        for (const std::string& origin : options.origins) require_origin("cors", origin);
    }
    for (const std::string& suffix : options.suffixes) check_suffix(suffix);
    if (is_any(options.origins) && !options.suffixes.empty())
        refuse_cors("origins: \"*\" must stand alone, without suffixes");
    check_names("methods", options.methods, options.credentials);
    check_names("headers", options.headers, options.credentials);
    check_names("expose", options.expose, options.credentials);
    if (options.max_age && options.max_age->count() < 0)
        refuse_cors("max_age must not be negative");
}

std::string joined(const Texts& list) {
    std::string text;
    for (const std::string& element : list) text += (text.empty() ? "" : ", ") + element;
    return text;
}

class CorsRules {
public:
    explicit CorsRules(CorsOptions options) : options_{std::move(options)} {
        check(options_);
        any_origin_ = is_any(options_.origins);
        methods_ = joined(options_.methods);
        headers_ = joined(options_.headers);
        expose_ = joined(options_.expose);
    }

    [[nodiscard]] http::Headers preflight(const http::Environ& environ) const;
    void change(std::string_view origin, http::Headers& headers) const;

private:
    [[nodiscard]] bool allows(std::string_view origin) const;
    [[nodiscard]] bool allows_headers(std::string_view list) const;
    void allow(std::string_view origin, http::Headers& headers) const;

    CorsOptions options_;
    bool any_origin_ = false;
    std::string methods_{}, headers_{}, expose_{};  // of options_, joined
};

bool CorsRules::allows(std::string_view origin) const {
    if (any_origin_ || has(options_.origins, origin)) return true;
    if (!origin.starts_with("https://") || !is_origin(origin)) return false;
    const std::string_view host = origin.substr(8);
    return std::any_of(options_.suffixes.begin(), options_.suffixes.end(),
                       [host](const std::string& suffix) {
                           return host.size() > suffix.size() && host.ends_with(suffix);
                       });
}

bool CorsRules::allows_headers(std::string_view list) const {
    // Fetch: "*" does not stand for Authorization.
    if (is_any(options_.headers)) return !has_element(list, "Authorization");
    while (!list.empty()) {
        const std::string_view name = take_element(list);
        const auto same = [name](const std::string& one) { return http::iequals(one, name); };
        if (!name.empty() && std::none_of(options_.headers.begin(), options_.headers.end(), same))
            return false;
    }
    return true;
}

void CorsRules::allow(std::string_view origin, http::Headers& headers) const {
    headers.emplace_back("Access-Control-Allow-Origin", any_origin_ ? "*" : origin);
    if (options_.credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
}

http::Headers CorsRules::preflight(const http::Environ& environ) const {
    http::Headers answer{
        {"Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}};
    const std::string_view origin = environ["HTTP_ORIGIN"];
    const std::string_view method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"];
    if (!allows(origin) || (!is_any(options_.methods) && !has(options_.methods, method)) ||
        !allows_headers(environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"]))
        return answer;
    allow(origin, answer);
    answer.emplace_back("Access-Control-Allow-Methods", methods_);
    if (!headers_.empty()) answer.emplace_back("Access-Control-Allow-Headers", headers_);
    if (options_.max_age)
        answer.emplace_back("Access-Control-Max-Age", std::to_string(options_.max_age->count()));
    return answer;
}

void CorsRules::change(std::string_view origin, http::Headers& headers) const {
    for (const std::string_view name :
         {"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
          "Access-Control-Expose-Headers"})
        remove_fields(headers, name);
    // A cache must not give a page what it kept for another, or for none.
    if (!any_origin_) add_vary(headers, "Origin");
    if (!any_origin_ && (origin.empty() || !allows(origin))) return;
    allow(origin, headers);
    if (!expose_.empty()) headers.emplace_back("Access-Control-Expose-Headers", expose_);
}

bool is_preflight(const http::Environ& environ) {
    return environ["REQUEST_METHOD"] == "OPTIONS" && environ.get("HTTP_ORIGIN") &&
           environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD");
}

}  // namespace

http::Middleware cors(CorsOptions options) {
    // Shared: applications are copied.
    const auto rules = std::make_shared<const CorsRules>(std::move(options));
    return [rules](http::Application inner) -> http::Application {
        return [rules, inner = std::move(inner)](
                   http::Environ& environ, http::StartResponse& start_response) -> http::Body {
            if (is_preflight(environ)) {
                start_response("204 No Content", rules->preflight(environ));
                return {};
            }
            const std::string_view origin = environ["HTTP_ORIGIN"];
            return call_with_fields(inner, environ, start_response,
                                    [rules = rules.get(), origin](int, http::Headers& headers) {
                                        rules->change(origin, headers);
                                    });
        };
    };
}

}  // namespace grove::web
