// route_table.h - answers requests by rules that do not change any more.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grove/http/application.h>

#include "route_tree.h"
#include "rule_url.h"

namespace grove::web {

class RouteTable;

/// What a request's method and path have led to.
struct RouteMatch {
    const RouteTable* table = nullptr;
    const Route* route = nullptr;       ///< Null: none has path and method.
    std::vector<std::string> values{};  ///< Of its parameters, in their order.
    std::size_t scope = 0;              ///< Whose middleware stands around the answer.
    std::size_t prefix = 0;             ///< Bytes that SCRIPT_NAME has gained.
    std::string allow{};     ///< Not "": there are rules of the path, with these methods.
    std::string location{};  ///< Not "": where to go instead.
};

/// Stays where it is. Many greenlets may use it at once.
class RouteTable {
public:
    explicit RouteTable(Routes routes);
    RouteTable(const RouteTable&) = delete;
    RouteTable& operator=(const RouteTable&) = delete;

    /// Within the outermost router's middleware.
    Body serve(http::Environ& environ, http::StartResponse& start_response) const;
    /// @throws as Request::url_for()
    [[nodiscard]] std::string url_for(std::string_view script_name, std::string_view name,
                                      UrlValues values) const;

private:
    void wrap_scopes();
    [[nodiscard]] RouteMatch match(http::Environ& environ) const;
    void match_none(http::Environ& environ, const RequestPath& path, RouteMatch& match) const;
    void redirect_slash(http::Environ& environ, const RequestPath& path, RouteMatch& match) const;
    [[nodiscard]] std::size_t scope_of(std::string_view path_info) const noexcept;
    void enter(http::Environ& environ, RouteMatch& match) const;
    Body answer(const RouteMatch& match, http::Environ& environ,
                http::StartResponse& start_response) const;
    Response respond(const RouteMatch& match, Request& request) const;

    const Routes routes_;
    const RouteTree tree_;
    // Of each scope: its middleware and that of the scopes around it, but the outermost's; null
    // where there is none.
    std::vector<Application> within_;
};

}  // namespace grove::web
