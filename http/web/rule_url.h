// rule_url.h - the path that a rule matches.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "route_rule.h"

namespace grove::web {

using UrlValues = std::initializer_list<std::pair<std::string_view, std::string>>;

/// Percent-encoded, each parameter with its value; what is left of `values` is the query.
/// @throws std::invalid_argument  a value is missing, is none that the converter accepts, or has a
///                                segment "." or "..", which clients take out of a path
[[nodiscard]] std::string url_of(const RulePath& rule, UrlValues values);

}  // namespace grove::web
