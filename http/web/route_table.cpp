#include "route_table.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include <grove/http/http_error.h>

#include "answer.h"
#include "error_answer.h"
#include "escapes.h"
#include "request_path.h"

namespace grove::web {
namespace {

constexpr std::string_view kRoute = "grove.route";
constexpr std::string_view kMatch = "grove.web.match";
constexpr std::string_view kMountRule = "grove.web.mount_rule";

std::vector<NamedRules::Rule> named_of(const std::vector<Route>& routes) {
    std::vector<NamedRules::Rule> rules;
    for (const Route& route : routes) {
        if (!route.name.empty()) rules.emplace_back(route.name, &route.path);
    }
    return rules;
}

/// In the order of their registration; HEAD comes with GET.
std::string allow_of(const std::vector<const Route*>& routes) {
    std::vector<std::string_view> methods;
    const auto add = [&methods](std::string_view method) {
        if (method != "OPTIONS" &&
            std::find(methods.begin(), methods.end(), method) == methods.end())
            methods.push_back(method);
    };
    for (const Route* const route : routes) {
        for (const std::string& method : route->methods) {
            add(method);
            if (method == "GET") add("HEAD");
        }
    }
    std::string allow;
    for (const std::string_view method : methods) allow.append(method).append(", ");
    return allow + "OPTIONS";
}

/// What serve() left, for a middleware that calls what is within again, also after an exception: a
/// router within leaves its own.
class KeptMatch {
public:
    explicit KeptMatch(std::shared_ptr<void>& there) : there_{there}, kept_{there} {}
    KeptMatch(const KeptMatch&) = delete;
    KeptMatch& operator=(const KeptMatch&) = delete;
    ~KeptMatch() { there_ = std::move(kept_); }

    [[nodiscard]] const RouteResult& operator*() const noexcept {
        return *static_cast<const RouteResult*>(kept_.get());
    }

private:
    std::shared_ptr<void>& there_;
    std::shared_ptr<void> kept_;
};

/// The rules of the mounts that have led here, as one; "" for the outermost router.
std::string rule_above(const std::shared_ptr<void>& there) {
    return there ? *static_cast<const std::string*>(there.get()) : std::string{};
}

/// While it lives, a router within finds the rule of the mount that it is below.
class Descent {
public:
    Descent(std::shared_ptr<void>& there, const std::string& rule) : there_{there}, kept_{there} {
        there_ = std::make_shared<std::string>(rule_above(kept_) + rule);
    }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    ~Descent() { there_ = std::move(kept_); }

private:
    std::shared_ptr<void>& there_;
    std::shared_ptr<void> kept_;
};

bool is_below(std::string_view prefix, std::string_view path) noexcept {
    return path.starts_with(prefix) &&
           (path.size() == prefix.size() || prefix.empty() || path[prefix.size()] == '/');
}

}  // namespace

RouteTable::RouteTable(Routes routes)
    : routes_{std::move(routes)},
      tree_{routes_.routes},
      named_{named_of(routes_.routes)},
      within_(routes_.scopes.size()) {
    wrap_scopes();
}

void RouteTable::wrap_scopes() {
    for (std::size_t scope = 1; scope != within_.size(); ++scope) {
        std::vector<http::Middleware> around;
        for (std::size_t at = scope; at != 0; at = routes_.scopes[at].parent) {
            const auto& own = routes_.scopes[at].around;
            around.insert(around.begin(), own.begin(), own.end());
        }
        if (around.empty()) continue;
        http::Application inner = [this](http::Environ& environ,
                                         http::StartResponse& start_response) {
            const KeptMatch match{environ.shared(kMatch)};
            return answer(*match, environ, start_response);
        };
        within_[scope] = http::chain(std::move(inner), std::move(around));
    }
}

Body RouteTable::serve(http::Environ& environ, http::StartResponse& start_response) const {
    RouteResult found = match(environ);
    enter(environ, found);
    const http::Application& within = within_[found.scope];
    if (!within) return answer(found, environ, start_response);
    environ.shared(kMatch) = std::make_shared<RouteResult>(std::move(found));
    return within(environ, start_response);
}

RouteResult RouteTable::match(http::Environ& environ) const {
    const RequestPath path = path_of(environ);
    RouteResult match;
    match.named = &named_;
    match.path = path;
    match.route = tree_.find(path, environ["REQUEST_METHOD"]);
    if (match.route == nullptr) {
        match_none(environ, path, match);
    } else {
        match.rule = &match.route->path;
        match.scope = match.route->scope;
    }
    const bool mounted = match.route != nullptr && match.route->application != nullptr;
    match.prefix =
        mounted ? match.route->path.text.size() : routes_.scopes[match.scope].prefix.size();
    return match;
}

void RouteTable::match_none(http::Environ& environ, const RequestPath& path,
                            RouteResult& match) const {
    const std::vector<const Route*> others = tree_.all(path);
    if (!others.empty()) {
        match.scope = others.front()->scope;
        match.allow = allow_of(others);
    } else {
        match.scope = scope_of(environ["PATH_INFO"]);
        redirect_slash(environ, path, match);
    }
}

void RouteTable::redirect_slash(http::Environ& environ, const RequestPath& path,
                                RouteResult& match) const {
    if (path.text.size() < 2) return;
    const std::string other = path.text.ends_with('/')
                                  ? std::string{path.text.substr(0, path.text.size() - 1)}
                                  : std::string{path.text} + '/';
    const RequestPath to{other, path.encoded};
    const Route* const found = tree_.find(to, environ["REQUEST_METHOD"]);
    if (found == nullptr || !found->redirect_slashes) return;
    std::string location = encode_path(environ["SCRIPT_NAME"]) + encoded(to);
    if (location.starts_with("//")) return;  // a client would take it for another host
    const std::string_view query = environ["QUERY_STRING"];
    if (!query.empty()) location.append("?").append(query);
    match.scope = found->scope;
    match.location = std::move(location);
}

// The innermost of the routers below whose prefix the path is.
std::size_t RouteTable::scope_of(std::string_view path_info) const noexcept {
    std::size_t scope = 0;
    for (std::size_t at = 1; at != routes_.scopes.size(); ++at) {
        const std::string& prefix = routes_.scopes[at].prefix;
        if (is_below(prefix, path_info) && prefix.size() > routes_.scopes[scope].prefix.size())
            scope = at;
    }
    return scope;
}

void RouteTable::enter(http::Environ& environ, RouteResult& match) const {
    if (match.route != nullptr) {
        // Only where a router was before may one be above.
        const bool may_be_below = !environ[kRoute].empty();
        std::string rule = match.route->path.text;
        if (may_be_below) rule.insert(0, rule_above(environ.shared(kMountRule)));
        environ.set(std::string{kRoute}, std::move(rule));
    }
    if (match.prefix == 0) return;
    // Rules match the path decoded, so it begins with the prefix.
    const std::string_view path_info = environ["PATH_INFO"];
    std::string script_name{environ["SCRIPT_NAME"]};
    script_name += path_info.substr(0, match.prefix);
    environ.set("PATH_INFO", std::string{path_info.substr(match.prefix)});
    environ.set("SCRIPT_NAME", std::move(script_name));
}

Body RouteTable::answer(const RouteResult& match, http::Environ& environ,
                        http::StartResponse& start_response) const {
    if (match.route != nullptr && match.route->application != nullptr) {
        const Descent below{environ.shared(kMountRule), match.route->path.text};
        return match.route->application(environ, start_response);
    }
    Request request{environ, start_response, match};
    std::exception_ptr replacing;
    Response response = respond(match, request, replacing);
    return send(std::move(response), start_response, std::move(replacing));
}

Response RouteTable::respond(const RouteResult& match, Request& request,
                             std::exception_ptr& replacing) const {
    try {
        return call(match, request);
    } catch (const http::HttpError& error) {
        if (request.started_) replacing = std::current_exception();
        return answer_of(error, request.environ()["HTTP_ACCEPT"]);
    }
}

Response RouteTable::call(const RouteResult& match, Request& request) const {
    if (match.route != nullptr) return match.route->handler(request);
    if (!match.allow.empty()) {
        if (request.method() != "OPTIONS") throw http::HttpError{405, {}, {{"Allow", match.allow}}};
        return empty().header("Allow", match.allow);
    }
    if (!match.location.empty()) return redirect(match.location, 308);
    for (std::size_t scope = match.scope;; scope = routes_.scopes[scope].parent) {
        if (const auto& handler = routes_.scopes[scope].not_found) return handler(request);
        if (scope == 0) throw http::HttpError{404};
    }
}

}  // namespace grove::web
