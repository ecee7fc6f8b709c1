// named_rules.h - the path of a rule by the rule's name. Does not change; many greenlets may use it at once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "route_rule.h"
#include "rule_url.h"

namespace grove::web {

class NamedRules {
public:
    /// A name and its rule; both outlive this.
    using Rule = std::pair<std::string_view, const RulePath*>;

    explicit NamedRules(std::vector<Rule> rules) noexcept : rules_{std::move(rules)} {}

    /// @param script_name  the path of the router that has the rules
    /// @throws as Request::url_for()
    [[nodiscard]] std::string url_for(std::string_view script_name, std::string_view name,
                                      UrlValues values) const;

private:
    const std::vector<Rule> rules_;
};

}  // namespace grove::web
