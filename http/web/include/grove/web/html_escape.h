// html_escape.h - text that may stand in a page (HTML, section 13.3). Any thread; never switches.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::web {

/// The text with '&', '<', '>', '"' and ''' as character references: it may stand between tags, and
/// as the value of an attribute within quotes of either kind. All other bytes stay. This is not
/// enough within <script>, <style> and comments, for an attribute without quotes, or for an address
/// whose scheme the client chooses ("javascript:").
[[nodiscard]] GROVE_EXPORT std::string html_escape(std::string_view text);

}  // namespace grove::web
