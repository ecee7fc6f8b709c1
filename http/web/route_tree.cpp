#include "route_tree.h"

#include <algorithm>

#include "escapes.h"

namespace grove::web {

using Rest = std::optional<std::string_view>;  // nullopt: no segment is left

/// One way through the tree, for a method or for all that is there.
struct RouteTree::Walk {
    std::string_view method;
    bool encoded;
    std::vector<const Route*>* all = nullptr;  // not null: collects, and finds none
    std::vector<std::string> values{};

    const Route* through(const Node& node, Rest rest);
    const Route* through_values(const Node& node, std::string_view segment, Rest rest);
    const Route* choose(const std::vector<const Route*>& routes);
};

// A rule for the method itself comes before one that has it by GET.
const Route* RouteTree::Walk::choose(const std::vector<const Route*>& routes) {
    if (all != nullptr) {
        all->insert(all->end(), routes.begin(), routes.end());
        return nullptr;
    }
    const Route* by_get = nullptr;
    for (const Route* const route : routes) {
        if (!has_method(*route, method)) continue;
        const auto& methods = route->methods;
        if (method != "HEAD" || methods.empty() ||
            std::find(methods.begin(), methods.end(), method) != methods.end())
            return route;
        by_get = route;
    }
    return by_get;
}

const Route* RouteTree::Walk::through(const Node& node, Rest rest) {
    if (!rest) {
        if (const Route* const found = choose(node.here)) return found;
        return choose(node.below);
    }
    const std::size_t end = std::min(rest->find('/'), rest->size());
    std::string_view segment = rest->substr(0, end);
    const Rest after = end == rest->size() ? Rest{} : Rest{rest->substr(end + 1)};
    std::string decoded;
    if (encoded && segment.find('%') != std::string_view::npos) {
        append_decoded(decoded, segment);
        segment = decoded;
    }
    if (const auto child = node.texts.find(segment); child != node.texts.end()) {
        if (const Route* const found = through(*child->second, after)) return found;
    }
    if (const Route* const found = through_values(node, segment, after)) return found;
    if (!rest->empty() && !node.rest.empty()) {
        std::string& value = values.emplace_back();
        if (encoded) {
            append_decoded(value, *rest);
        } else {
            value = *rest;
        }
        if (const Route* const found = choose(node.rest)) return found;
        values.pop_back();
    }
    return choose(node.below);
}

const Route* RouteTree::Walk::through_values(const Node& node, std::string_view segment,
                                             Rest rest) {
    for (const auto& [converter, child] : node.values) {
        if (!accepts(converter, segment)) continue;
        values.emplace_back(segment);
        if (const Route* const found = through(*child, rest)) return found;
        values.pop_back();
    }
    return nullptr;
}

RouteTree::RouteTree(const std::vector<Route>& routes) {
    for (const Route& route : routes) add(route);
}

RouteTree::Node& RouteTree::child(Node& node, const RuleSegment& segment) {
    if (!segment.converter) {
        auto& child = node.texts[segment.text];
        if (child == nullptr) child = std::make_unique<Node>();
        return *child;
    }
    const auto place =
        std::find_if(node.values.begin(), node.values.end(),
                     [&segment](const auto& value) { return value.first >= *segment.converter; });
    if (place != node.values.end() && place->first == *segment.converter) return *place->second;
    return *node.values.emplace(place, *segment.converter, std::make_unique<Node>())->second;
}

void RouteTree::add(const Route& route) {
    Node* node = &root_;
    for (const RuleSegment& segment : route.path.segments) {
        if (segment.converter == Converter::kPath) return node->rest.push_back(&route);
        if (segment.converter == Converter::kBelow) return node->below.push_back(&route);
        node = &child(*node, segment);
    }
    node->here.push_back(&route);
}

FoundRoute RouteTree::find(const RequestPath& path, std::string_view method) const {
    Walk walk{.method = method, .encoded = path.encoded};
    const bool begins = path.text.starts_with('/');
    if (!begins && !path.text.empty()) return {};  // "*", or a path that the mount's end cuts
    const Route* found = walk.through(root_, begins ? Rest{path.text.substr(1)} : Rest{});
    // A server's mount leaves nothing of its own path: the same as "/", unless there is a rule "".
    if (found == nullptr && path.text.empty()) found = walk.through(root_, Rest{""});
    return {found, std::move(walk.values)};
}

std::vector<const Route*> RouteTree::all(const RequestPath& path) const {
    std::vector<const Route*> routes;
    Walk walk{.method = {}, .encoded = path.encoded, .all = &routes};
    const bool begins = path.text.starts_with('/');
    if (begins || path.text.empty())
        walk.through(root_, begins ? Rest{path.text.substr(1)} : Rest{});
    if (path.text.empty()) walk.through(root_, Rest{""});
    std::sort(routes.begin(), routes.end(), std::less<>{});  // they lie in one vector, in order
    routes.erase(std::unique(routes.begin(), routes.end()), routes.end());
    return routes;
}

}  // namespace grove::web
