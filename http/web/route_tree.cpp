#include "route_tree.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "escapes.h"

namespace grove::web {

using Rest = std::optional<std::string_view>;  // nullopt: no segment is left

std::size_t RouteTree::Hash::operator()(std::string_view text) const noexcept {
    constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = text.size();
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * kFactor;
        hash ^= hash >> 32U;
    };
    std::uint64_t word = 0;
    if (text.size() < sizeof word) {
        for (const char byte : text) word = word << 8U | static_cast<unsigned char>(byte);
        mix(word);
        return hash;
    }
    const char* const last = text.data() + text.size() - sizeof word;
    for (const char* at = text.data(); at < last; at += sizeof word) {
        std::memcpy(&word, at, sizeof word);
        mix(word);
    }
    std::memcpy(&word, last, sizeof word);
    mix(word);
    return hash;
}

bool RouteTree::Equal::operator()(std::string_view left, std::string_view right) const noexcept {
    return left.size() == right.size() &&
           std::char_traits<char>::compare(left.data(), right.data(), left.size()) == 0;
}

/// One way through the tree, for a method or for all that is there.
struct RouteTree::Walk {
    std::string_view method;
    bool encoded;
    std::size_t most_values;
    std::vector<const Route*>* all = nullptr;  // not null: collects, and finds none
    std::vector<std::string> values{};

    const Route* through(const Node& node, Rest rest);
    const Route* through_decoded(const Node& node, std::string_view encoded_segment, Rest rest);
    const Route* through_segment(const Node& node, std::string_view segment, Rest rest);
    const Route* through_values(const Node& node, std::string_view segment, Rest rest);
    const Route* through_rest(const Node& node, std::string_view rest);
    const Route* choose(const std::vector<const Route*>& routes);
    void add_value(std::string_view value);
};

// Once it is known that there is one, room for all.
void RouteTree::Walk::add_value(std::string_view value) {
    if (values.capacity() == 0) values.reserve(most_values);
    values.emplace_back(value);
}

// A rule for the method itself comes before one that has it by GET.
const Route* RouteTree::Walk::choose(const std::vector<const Route*>& routes) {
    if (all != nullptr) {
        all->insert(all->end(), routes.begin(), routes.end());
        return nullptr;
    }
    const Route* by_get = nullptr;
    for (const Route* const route : routes) {
        if (lists(*route, method)) return route;
        if (has_method(*route, method)) by_get = route;
    }
    return by_get;
}

const Route* RouteTree::Walk::through(const Node& from, Rest rest) {
    const Node* node = &from;
    while (rest) {
        const std::size_t end = std::min(rest->find('/'), rest->size());
        const std::string_view segment = rest->substr(0, end);
        const Rest after = end == rest->size() ? Rest{} : Rest{rest->substr(end + 1)};
        const bool escaped = encoded && segment.find('%') != std::string_view::npos;
        if (escaped || !node->values.empty() || !node->rest.empty() || !node->below.empty()) {
            const Route* const found = escaped ? through_decoded(*node, segment, after)
                                               : through_segment(*node, segment, after);
            return found != nullptr ? found : through_rest(*node, *rest);
        }
        node = child(*node, segment);  // the only way: there is none to come back for
        if (node == nullptr) return nullptr;
        rest = after;
    }
    if (const Route* const found = choose(node->here)) return found;
    return choose(node->below);
}

// Apart: a segment without an escape has no text of its own to pay for.
[[gnu::noinline]] const Route* RouteTree::Walk::through_decoded(const Node& node,
                                                                std::string_view encoded_segment,
                                                                Rest rest) {
    std::string segment;
    append_decoded(segment, encoded_segment);
    return through_segment(node, segment, rest);
}

const Route* RouteTree::Walk::through_segment(const Node& node, std::string_view segment,
                                              Rest rest) {
    if (const Node* const next = child(node, segment)) {
        if (const Route* const found = through(*next, rest)) return found;
    }
    return node.values.empty() ? nullptr : through_values(node, segment, rest);
}

const Route* RouteTree::Walk::through_rest(const Node& node, std::string_view rest) {
    if (!rest.empty() && !node.rest.empty()) {
        std::string decoded;
        if (encoded) append_decoded(decoded, rest);
        add_value(encoded ? decoded : rest);
        if (const Route* const found = choose(node.rest)) return found;
        values.pop_back();
    }
    return choose(node.below);
}

const Route* RouteTree::Walk::through_values(const Node& node, std::string_view segment,
                                             Rest rest) {
    for (const auto& [converter, child] : node.values) {
        if (!accepts(converter, segment)) continue;
        add_value(segment);
        if (const Route* const found = through(*child, rest)) return found;
        values.pop_back();
    }
    return nullptr;
}

RouteTree::RouteTree(const std::vector<Route>& routes) {
    for (const Route& route : routes) add(route);
}

const RouteTree::Node* RouteTree::child(const Node& node, std::string_view segment) {
    if (node.texts.empty()) return nullptr;
    if (node.texts.size() == 1) {  // no hash for what one comparison tells
        const auto& [text, only] = *node.texts.begin();
        return Equal{}(text, segment) ? only.get() : nullptr;
    }
    const auto found = node.texts.find(segment);
    return found != node.texts.end() ? found->second.get() : nullptr;
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
    const auto& segments = route.path.segments;
    const auto values = std::count_if(segments.begin(), segments.end(), [](const auto& segment) {
        return segment.converter.has_value();
    });
    most_values_ = std::max(most_values_, static_cast<std::size_t>(values));
    Node* node = &root_;
    for (const RuleSegment& segment : segments) {
        if (segment.converter == Converter::kPath) return node->rest.push_back(&route);
        if (segment.converter == Converter::kBelow) return node->below.push_back(&route);
        node = &child(*node, segment);
    }
    node->here.push_back(&route);
}

FoundRoute RouteTree::find(const RequestPath& path, std::string_view method) const {
    Walk walk{.method = method, .encoded = path.encoded, .most_values = most_values_};
    const bool begins = path.text.starts_with('/');
    if (!begins && !path.text.empty()) return {};  // "*", or a path that the mount's end cuts
    const Route* found = walk.through(root_, begins ? Rest{path.text.substr(1)} : Rest{});
    // A server's mount leaves nothing of its own path: the same as "/", unless there is a rule "".
    if (found == nullptr && path.text.empty()) found = walk.through(root_, Rest{""});
    return {found, std::move(walk.values)};
}

std::vector<const Route*> RouteTree::all(const RequestPath& path) const {
    std::vector<const Route*> routes;
    Walk walk{.method = {}, .encoded = path.encoded, .most_values = most_values_, .all = &routes};
    const bool begins = path.text.starts_with('/');
    if (begins || path.text.empty())
        walk.through(root_, begins ? Rest{path.text.substr(1)} : Rest{});
    if (path.text.empty()) walk.through(root_, Rest{""});
    std::sort(routes.begin(), routes.end(), std::less<>{});  // they lie in one vector, in order
    routes.erase(std::unique(routes.begin(), routes.end()), routes.end());
    return routes;
}

}  // namespace grove::web
