// route_table.h - answers requests by rules that do not change any more.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <grove/http/application.h>
#include <grove/web/request.h>
#include <grove/web/response.h>

#include "named_rules.h"
#include "request_path.h"
#include "route_match.h"
#include "route_tree.h"
#include "routes.h"

namespace grove::web {

/// What a request's method and path have led to.
struct RouteResult : RouteMatch {
    const Route* route = nullptr;  ///< Null: none has path and method.
    std::size_t scope = 0;         ///< Whose middleware stands around the answer.
    std::string allow{};           ///< Not "": there are rules of the path, with these methods.
    std::string location{};        ///< Not "": where to go instead.
};

/// Stays where it is. Many greenlets may use it at once.
class RouteTable {
public:
    explicit RouteTable(Routes routes);
    RouteTable(const RouteTable&) = delete;
    RouteTable& operator=(const RouteTable&) = delete;

    /// Within the outermost router's middleware.
    Body serve(http::Environ& environ, http::StartResponse& start_response) const;

private:
    void wrap_scopes();
    [[nodiscard]] RouteResult match(http::Environ& environ) const;
    void match_none(http::Environ& environ, const RequestPath& path, RouteResult& match) const;
    void redirect_slash(http::Environ& environ, const RequestPath& path, RouteResult& match) const;
    [[nodiscard]] std::size_t scope_of(std::string_view path_info) const noexcept;
    void enter(http::Environ& environ, RouteResult& match) const;
    Body answer(const RouteResult& match, http::Environ& environ,
                http::StartResponse& start_response) const;
    /// @param replacing  gets what was thrown after start_response had been asked for
    Response respond(const RouteResult& match, Request& request,
                     std::exception_ptr& replacing) const;
    Response call(const RouteResult& match, Request& request) const;

    const Routes routes_;
    const RouteTree tree_;
    const NamedRules named_;
    // Of each scope: its middleware and that of the scopes around it, but the outermost's; null
    // where there is none.
    std::vector<http::Application> within_;
};

}  // namespace grove::web
