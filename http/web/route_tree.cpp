#include "route_tree.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "escapes.h"

namespace grove::web {
namespace {

using Rest = std::string_view;  // its data() is null: no segment is left

// Of the rules' texts, which no client chooses: quick.
std::uint32_t hash_of(std::uint64_t parent, std::string_view text) noexcept {
    constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = parent << 32U | text.size();
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * kFactor;
        hash ^= hash >> 32U;
    };
    std::uint64_t word = 0;
    if (text.size() < sizeof word) {
        for (const char byte : text) word = word << 8U | static_cast<unsigned char>(byte);
    } else {
        const char* const last = text.data() + text.size() - sizeof word;
        for (const char* at = text.data(); at < last; at += sizeof word) {
            std::memcpy(&word, at, sizeof word);
            mix(word);
        }
        std::memcpy(&word, last, sizeof word);
    }
    mix(word);
    mix(0);  // the last bytes of a word have reached high bits alone
    return static_cast<std::uint32_t>(hash);
}

}  // namespace

/// One way through the tree, for a method or for all that is there.
struct RouteTree::Walk {
    const RouteTree& tree;
    std::string_view method;
    bool encoded;
    std::vector<const Route*>* all = nullptr;  // not null: collects, and finds none

    const Route* through(const Node& node, Rest rest);
    const Route* through_decoded(const Node& node, std::string_view encoded_segment, Rest rest);
    const Route* through_segment(const Node& node, std::string_view segment, Rest rest);
    const Route* through_rest(const Node& node, std::string_view rest);
    const Route* choose(const Route* first);
};

// A rule for the method itself comes before one that has it by GET.
const Route* RouteTree::Walk::choose(const Route* first) {
    const Route* by_get = nullptr;
    for (const Route* route = first; route != nullptr; route = tree.next(*route)) {
        if (all != nullptr) {
            all->push_back(route);
        } else if (lists(*route, method)) {
            return route;
        } else if (has_method(*route, method)) {
            by_get = route;
        }
    }
    return by_get;
}

const Route* RouteTree::Walk::through(const Node& from, Rest rest) {
    const Node* node = &from;
    while (rest.data() != nullptr) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view segment = rest.substr(0, end);
        const Rest after = end == rest.size() ? Rest{} : rest.substr(end + 1);
        const bool escaped = encoded && segment.find('%') != std::string_view::npos;
        if (escaped || node->forks) {
            const Route* const found = escaped ? through_decoded(*node, segment, after)
                                               : through_segment(*node, segment, after);
            return found != nullptr ? found : through_rest(*node, rest);
        }
        node = tree.only_child(*node, segment);  // there is none to come back for
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
    if (const Node* const next = tree.text_child(node, segment)) {
        if (const Route* const found = through(*next, rest)) return found;
    }
    for (Index at = node.value_child; at != 0; at = tree.nodes_[at].next_value) {
        const Node& value = tree.nodes_[at];
        if (!accepts(*value.converter, segment)) continue;
        if (const Route* const found = through(value, rest)) return found;
    }
    return nullptr;
}

const Route* RouteTree::Walk::through_rest(const Node& node, std::string_view rest) {
    if (!rest.empty()) {
        if (const Route* const found = choose(node.rest)) return found;
    }
    return choose(node.below);
}

RouteTree::RouteTree(const std::vector<Route>& routes)
    : routes_{routes}, next_(routes.size()), nodes_(1) {
    for (const Route& route : routes) add(route);
    for (Node& node : nodes_) {
        const bool values = node.value_child != 0;
        const bool more =
            values && (node.text_child != 0 || nodes_[node.value_child].next_value != 0);
        node.forks = more || node.rest != nullptr || node.below != nullptr;
    }
}

const RouteTree::Node* RouteTree::text_child(const Node& node,
                                             std::string_view segment) const noexcept {
    if (node.text_child == 0) return nullptr;
    if (!node.many_texts) {  // no hash for what one comparison tells
        const Node& only = nodes_[node.text_child];
        return only.text == segment ? &only : nullptr;
    }
    const Index parent = index_of(node);
    const std::uint32_t hash = hash_of(parent, segment);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].node != 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hash) continue;
        const Node& child = nodes_[slots_[at].node];
        if (child.parent == parent && child.text == segment) return &child;
    }
    return nullptr;
}

const RouteTree::Node* RouteTree::only_child(const Node& node,
                                             std::string_view segment) const noexcept {
    if (node.value_child == 0) return text_child(node, segment);
    const Node& value = nodes_[node.value_child];
    return accepts(*value.converter, segment) ? &value : nullptr;
}

void RouteTree::place(Index index) {
    const std::uint32_t hash = hash_of(nodes_[index].parent, nodes_[index].text);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].node != 0) at = (at + 1) & mask;
    slots_[at] = {hash, index};
}

void RouteTree::place_new(Index made) {
    constexpr std::size_t kLeast = 16;
    if (2 * nodes_.size() <= slots_.size()) return place(made);
    slots_.assign(std::max(kLeast, 2 * slots_.size()), {});
    for (Index at = 1; at != nodes_.size(); ++at) {
        if (!nodes_[at].converter) place(at);
    }
}

RouteTree::Index RouteTree::text_child_of(Index parent, std::string_view text) {
    if (const Node* const known = text_child(nodes_[parent], text)) return index_of(*known);
    const auto made = static_cast<Index>(nodes_.size());
    nodes_.push_back({.text = text, .parent = parent});
    Node& node = nodes_[parent];
    node.many_texts = node.text_child != 0;
    node.text_child = made;
    place_new(made);
    return made;
}

RouteTree::Index RouteTree::value_child_of(Index parent, Converter converter) {
    Index* place = &nodes_[parent].value_child;
    while (*place != 0 && nodes_[*place].converter < converter) place = &nodes_[*place].next_value;
    const Index after = *place;
    if (after != 0 && nodes_[after].converter == converter) return after;
    const auto made = static_cast<Index>(nodes_.size());
    *place = made;
    nodes_.push_back({.parent = parent, .next_value = after, .converter = converter});
    return made;
}

void RouteTree::chain(const Route*& first, const Route& route) {
    next_[static_cast<std::size_t>(&route - routes_.data())] = first;
    first = &route;
}

void RouteTree::add(const Route& route) {
    Index at = 0;
    for (const RuleSegment& segment : route.path.segments) {
        if (segment.converter == Converter::kPath) return chain(nodes_[at].rest, route);
        if (segment.converter == Converter::kBelow) return chain(nodes_[at].below, route);
        at = segment.converter ? value_child_of(at, *segment.converter)
                               : text_child_of(at, segment.text);
    }
    chain(nodes_[at].here, route);
}

const Route* RouteTree::find(const RequestPath& path, std::string_view method) const {
    Walk walk{.tree = *this, .method = method, .encoded = path.encoded};
    const bool begins = path.text.starts_with('/');
    if (!begins && !path.text.empty()) return nullptr;  // "*", or a path that the mount's end cuts
    const Node& root = nodes_.front();
    const Route* const found = walk.through(root, begins ? path.text.substr(1) : Rest{});
    // A server's mount leaves nothing of its own path: the same as "/", unless there is a rule "".
    return found == nullptr && path.text.empty() ? walk.through(root, Rest{""}) : found;
}

std::vector<const Route*> RouteTree::all(const RequestPath& path) const {
    std::vector<const Route*> routes;
    Walk walk{.tree = *this, .method = {}, .encoded = path.encoded, .all = &routes};
    const bool begins = path.text.starts_with('/');
    if (begins || path.text.empty())
        walk.through(nodes_.front(), begins ? path.text.substr(1) : Rest{});
    if (path.text.empty()) walk.through(nodes_.front(), Rest{""});
    std::sort(routes.begin(), routes.end(), std::less<>{});  // they lie in one vector, in order
    routes.erase(std::unique(routes.begin(), routes.end()), routes.end());
    return routes;
}

}  // namespace grove::web
