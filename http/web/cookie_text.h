// cookie_text.h - what the field Cookie holds (RFC 6265 section 5.4), as browsers send it.
#pragma once

#include <optional>
#include <string_view>

namespace grove::web {

/// The first of that name, as it stands there, quotes included; nullopt: there is none. Case counts.
/// What has no '=' or no name is passed over. The view is one of `text`.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view text,
                                                          std::string_view name) noexcept;

}  // namespace grove::web
