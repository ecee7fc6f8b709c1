#include "routes.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace grove::web {
namespace {

bool share_a_method(const Route& left, const Route& right) noexcept {
    if (left.methods.empty()) return true;
    return std::any_of(left.methods.begin(), left.methods.end(),
                       [&right](const std::string& method) { return lists(right, method); });
}

void check_beside(const Route& route, const Route& other) {
    if (!route.name.empty() && route.name == other.name) {
        throw std::invalid_argument{"Router: the rules \"" + other.path.text + "\" and \"" +
                                    route.path.text + "\" have one name, \"" + route.name + '"'};
    }
    if (!overlap(route.path, other.path) || !share_a_method(route, other)) return;
    if (within(route.path, other.path) != within(other.path, route.path)) return;
    throw std::invalid_argument{"Router: the rules \"" + other.path.text + "\" and \"" +
                                route.path.text + "\" share a path, and neither is more special"};
}

}  // namespace

bool lists(const Route& route, std::string_view method) noexcept {
    if (route.methods.empty()) return true;
    return std::any_of(route.methods.begin(), route.methods.end(), [method](const auto& listed) {
        return listed.size() == method.size() &&
               std::memcmp(listed.data(), method.data(), method.size()) == 0;
    });
}

bool has_method(const Route& route, std::string_view method) noexcept {
    return lists(route, method) || (method == "HEAD" && lists(route, "GET"));
}

void Routes::add(Route route) {
    for (const Route& other : routes) check_beside(route, other);
    routes.push_back(std::move(route));
}

void Routes::mount(const std::string& prefix, Routes mounted) {
    const std::size_t first = scopes.size();
    for (std::size_t at = 0; at != mounted.scopes.size(); ++at) {
        RouteScope& scope = mounted.scopes[at];
        scope.prefix.insert(0, prefix);
        scope.parent = at == 0 ? 0 : scope.parent + first;
        scopes.push_back(std::move(scope));
    }
    for (Route& route : mounted.routes) {
        const bool below = route.application != nullptr;
        route.path = parse_rule(prefix + route.path.text);
        if (below) route.path.segments.push_back({{}, Converter::kBelow});
        route.scope += first;
        add(std::move(route));
    }
}

}  // namespace grove::web
