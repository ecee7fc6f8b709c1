// route_match.h - what a handler's Request knows of the rule that led to it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "named_rules.h"
#include "route_rule.h"

namespace grove::web {

struct RouteMatch {
    const NamedRules* named = nullptr;  ///< Of the same router; never null in a Request.
    const RulePath* rule = nullptr;     ///< Null: none has path and method.
    std::vector<std::string> values{};  ///< Of its parameters, in their order.
    std::size_t prefix = 0;             ///< Bytes that SCRIPT_NAME has gained.
};

}  // namespace grove::web
