// route_tree.h - finds the rule of a path, the more special ones first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "request_path.h"
#include "routes.h"

namespace grove::web {

/// A node for each begin of a path that rules have in common: a lookup visits a node at most once.
class RouteTree {
public:
    /// @param routes  must outlive the tree, and stay where they are
    explicit RouteTree(const std::vector<Route>& routes);

    /// Null: none has path and method.
    [[nodiscard]] const Route* find(const RequestPath& path, std::string_view method) const;
    /// All rules of the path, whatever their methods, in the order of registration.
    [[nodiscard]] std::vector<const Route*> all(const RequestPath& path) const;

private:
    using Index = std::uint32_t;  // of a node; 0: none, as the root is nobody's child

    // A lookup waits for memory more than it computes: nodes are small, and those of a rule alone lie
    // side by side.
    struct Node {
        std::string_view
            text{};  // leads here from the parent, if there is no converter; the rule's
        Index parent = 0;
        Index text_child = 0;                  // one of them
        Index value_child = 0;                 // the most special one
        Index next_value = 0;                  // of the parent's, less special
        std::optional<Converter> converter{};  // of a value
        bool many_texts = false;
        bool forks = false;            // there may be another way than the first that fits
        const Route* here = nullptr;   // ends here; others follow in next_
        const Route* rest = nullptr;   // goes on with a {name:path}; as above
        const Route* below = nullptr;  // an application that is mounted here; as above
    };
    struct Slot {
        std::uint32_t hash = 0;
        Index node = 0;
    };
    struct Walk;

    void add(const Route& route);
    void chain(const Route*& first, const Route& route);
    Index text_child_of(Index parent, std::string_view text);
    Index value_child_of(Index parent, Converter converter);
    void place(Index node);
    void place_new(Index node);

    [[nodiscard]] const Route* next(const Route& route) const noexcept {
        return next_[static_cast<std::size_t>(&route - routes_.data())];
    }
    [[nodiscard]] Index index_of(const Node& node) const noexcept {
        return static_cast<Index>(&node - nodes_.data());
    }
    /// Of the segment's text. Null: there is none.
    [[nodiscard]] const Node* text_child(const Node& node, std::string_view segment) const noexcept;
    /// The same, or a value's. @pre !node.forks
    [[nodiscard]] const Node* only_child(const Node& node, std::string_view segment) const noexcept;

    const std::vector<Route>& routes_;
    std::vector<const Route*> next_;  // of each route, another one of the same node and kind
    std::vector<Node> nodes_;
    std::vector<Slot> slots_;  // text children, by parent and text; at most half are taken
};

}  // namespace grove::web
