// percent.h - percent-encoding (RFC 3986 section 2.1). Any thread; never switches.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::web {

/// All bytes but letters, digits and "-._~" as %HH: the text may stand anywhere in a URL, as one
/// segment of a path, or as a name or value of a query.
[[nodiscard]] GROVE_EXPORT std::string percent_encode(std::string_view text);

/// Each %HH as its byte; '+' stays. nullopt: a '%' that two hexadecimal digits do not follow.
[[nodiscard]] GROVE_EXPORT std::optional<std::string> percent_decode(std::string_view text);

}  // namespace grove::web
