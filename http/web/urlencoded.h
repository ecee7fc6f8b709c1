// urlencoded.h - application/x-www-form-urlencoded: of queries, and of bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grove/web/fields.h>

namespace grove::web {

/// So many fields a form may have, whatever its type.
inline constexpr std::size_t kMostFields = 1000;

/// @throws HttpError of status 400 for a '%' without two digits, 413 for too many fields
[[nodiscard]] Fields parse_urlencoded(std::string_view text);

/// Of one name: a query is read when it is asked for, and nothing of it is kept.
/// @throws HttpError of status 400
[[nodiscard]] std::optional<std::string> find_urlencoded(std::string_view text,
                                                         std::string_view name);
[[nodiscard]] std::vector<std::string> find_all_urlencoded(std::string_view text,
                                                           std::string_view name);

}  // namespace grove::web
