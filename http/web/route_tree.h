// route_tree.h - finds the rule of a path, the more special ones first.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "request_path.h"
#include "routes.h"

namespace grove::web {

struct FoundRoute {
    const Route* route = nullptr;       ///< Null: none has path and method.
    std::vector<std::string> values{};  ///< Of its parameters, in their order.
};

/// A node for each begin of a path that rules have in common: a lookup visits a node at most once.
class RouteTree {
public:
    /// @param routes  must outlive the tree, and stay where they are
    explicit RouteTree(const std::vector<Route>& routes);

    [[nodiscard]] FoundRoute find(const RequestPath& path, std::string_view method) const;
    /// All rules of the path, whatever their methods, in the order of registration.
    [[nodiscard]] std::vector<const Route*> all(const RequestPath& path) const;

private:
    // Of the rules' texts, which no client chooses: quick.
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept;
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(std::string_view left, std::string_view right) const noexcept;
    };
    struct Node {
        std::unordered_map<std::string, std::unique_ptr<Node>, Hash, Equal> texts{};
        std::vector<std::pair<Converter, std::unique_ptr<Node>>> values{};  // special ones first
        std::vector<const Route*> here{};                                   // end here
        std::vector<const Route*> rest{};   // go on with a {name:path}
        std::vector<const Route*> below{};  // applications that are mounted here
    };
    struct Walk;

    void add(const Route& route);
    static Node& child(Node& node, const RuleSegment& segment);
    /// Of the segment's text. Null: there is none.
    static const Node* child(const Node& node, std::string_view segment);

    Node root_;
    std::size_t most_values_ = 0;  // of a rule
};

}  // namespace grove::web
