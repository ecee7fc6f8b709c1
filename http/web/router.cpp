#include <grove/web/router.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/http/headers.h>

#include "route_rule.h"
#include "route_table.h"
#include "routes.h"

namespace grove::web {
namespace {

std::vector<std::string> parse_methods(std::string_view text) {
    std::vector<std::string> methods;
    for (bool more = true; more;) {
        const std::size_t end = std::min(text.find(','), text.size());
        more = end != text.size();
        std::string_view method = text.substr(0, end);
        text.remove_prefix(more ? end + 1 : end);
        method.remove_prefix(std::min(method.find_first_not_of(' '), method.size()));
        method = method.substr(0, method.find_last_not_of(' ') + 1);
        if (!http::is_token(method))
            throw std::invalid_argument{R"(Router: methods must be tokens, such as "GET,POST")"};
        if (std::find(methods.begin(), methods.end(), method) == methods.end())
            methods.emplace_back(method);
    }
    return methods;
}

/// Without slashes at its end.
std::string checked_prefix(std::string prefix) {
    prefix.resize(prefix.find_last_not_of('/') + 1);  // none: npos + 1 is 0
    for (const RuleSegment& segment : parse_rule(prefix).segments) {
        if (segment.converter)
            throw std::invalid_argument{"Router: mount \"" + prefix + "\": has a parameter"};
    }
    return prefix;
}

}  // namespace

Router::Router() : Router{RouterOptions{}} {}

Router::Router(RouterOptions options) : routes_{std::make_unique<Routes>()} {
    routes_->redirect_slashes = options.redirect_slashes;
}

Router::Router(const Router& other) : routes_{std::make_unique<Routes>(*other.routes_)} {}
Router::Router(Router&& other) noexcept = default;
Router& Router::operator=(Router other) noexcept {
    routes_.swap(other.routes_);
    return *this;
}
Router::~Router() = default;

Router& Router::route(std::string methods, std::string rule, Handler handler, std::string name) {
    if (!handler) throw std::invalid_argument{"Router: rule \"" + rule + "\": has no handler"};
    Route route;
    route.path = parse_rule(std::move(rule));
    route.methods = parse_methods(methods);
    route.handler = std::move(handler);
    route.name = std::move(name);
    route.redirect_slashes = routes_->redirect_slashes;
    routes_->add(std::move(route));
    return *this;
}

Router& Router::get(std::string rule, Handler handler, std::string name) {
    return route("GET", std::move(rule), std::move(handler), std::move(name));
}

Router& Router::post(std::string rule, Handler handler, std::string name) {
    return route("POST", std::move(rule), std::move(handler), std::move(name));
}

Router& Router::put(std::string rule, Handler handler, std::string name) {
    return route("PUT", std::move(rule), std::move(handler), std::move(name));
}

Router& Router::patch(std::string rule, Handler handler, std::string name) {
    return route("PATCH", std::move(rule), std::move(handler), std::move(name));
}

Router& Router::del(std::string rule, Handler handler, std::string name) {
    return route("DELETE", std::move(rule), std::move(handler), std::move(name));
}

Router& Router::mount(std::string prefix, Router router) {
    auto all = std::make_unique<Routes>(*routes_);
    all->mount(checked_prefix(std::move(prefix)), std::move(*router.routes_));
    routes_ = std::move(all);
    return *this;
}

Router& Router::mount(std::string prefix, Application application) {
    if (!application)
        throw std::invalid_argument{"Router: mount \"" + prefix + "\": has no application"};
    Route route;
    route.path = parse_rule(checked_prefix(std::move(prefix)));
    route.path.segments.push_back({{}, Converter::kBelow});
    route.application = std::move(application);
    routes_->add(std::move(route));
    return *this;
}

Router& Router::use(Middleware middleware) {
    if (!middleware) throw std::invalid_argument{"Router: a middleware is empty"};
    routes_->scopes.front().around.push_back(std::move(middleware));
    return *this;
}

Router& Router::not_found(Handler handler) {
    if (!handler) throw std::invalid_argument{"Router: not_found() is given no handler"};
    routes_->scopes.front().not_found = std::move(handler);
    return *this;
}

Application Router::application() const {
    auto table = std::make_shared<const RouteTable>(*routes_);
    Application served = [table](http::Environ& environ, http::StartResponse& start_response) {
        return table->serve(environ, start_response);
    };
    return http::chain(std::move(served), routes_->scopes.front().around);
}

}  // namespace grove::web
