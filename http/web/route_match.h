// route_match.h - what a handler's Request knows of the rule that led to it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "named_rules.h"
#include "request_path.h"
#include "route_rule.h"

namespace grove::web {

struct RouteMatch {
    const NamedRules* named = nullptr;  ///< Of the same router; never null in a Request.
    const RulePath* rule = nullptr;     ///< Null: none has path and method.
    RequestPath path{};                 ///< That matches the rule.
    std::size_t prefix = 0;             ///< Bytes that SCRIPT_NAME has gained.
};

/// What stands in a path for a parameter.
struct PathValue {
    Converter converter;
    std::string_view sent;  ///< As it stands there.
};

/// nullopt: the rule has no such parameter. @pre the path matches the rule
[[nodiscard]] std::optional<PathValue> find_parameter(const RulePath& rule, const RequestPath& path,
                                                      std::string_view name);

/// The text of a value of that path.
[[nodiscard]] std::string decoded(std::string_view sent, const RequestPath& path);

}  // namespace grove::web
