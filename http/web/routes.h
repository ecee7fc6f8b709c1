// routes.h - what a Router was given.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/http/application.h>
#include <grove/http/middleware.h>
#include <grove/web/request.h>
#include <grove/web/response.h>

#include "route_rule.h"

namespace grove::web {

/// A rule, or a mounted application, whose path ends in Converter::kBelow.
struct Route {
    RulePath path{};
    std::vector<std::string> methods{};  ///< None: all, of a mounted application.
    std::function<Response(Request&)> handler{};
    http::Application application{};
    std::string name{};
    std::size_t scope = 0;  ///< Whose it is, in Routes::scopes.
    bool redirect_slashes = false;
};

/// A router: the one itself, or one that is mounted in it.
struct RouteScope {
    std::size_t parent = 0;
    std::string prefix{};  ///< From the outermost router on.
    std::vector<http::Middleware> around{};
    std::function<Response(Request&)> not_found{};
};

struct Routes {
    bool redirect_slashes = false;  ///< Of the rules that the router itself is given.
    std::vector<Route> routes{};
    std::vector<RouteScope> scopes{1};  ///< The first is the router itself.

    /// @throws std::invalid_argument if it fits in beside the others badly: see Router::route()
    void add(Route route);
    /// @param prefix  without a slash at its end
    void mount(const std::string& prefix, Routes mounted);
};

/// Whether the rule names the method, or none: then it has all.
[[nodiscard]] bool lists(const Route& route, std::string_view method) noexcept;
/// Whether the rule has the method; HEAD by GET, too.
[[nodiscard]] bool has_method(const Route& route, std::string_view method) noexcept;

}  // namespace grove::web
