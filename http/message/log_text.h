// log_text.h - bytes of a client as they may stand in a log.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

namespace grove::http {

/// Printable ASCII stays; a backslash and all else becomes \xhh: it cannot forge a line.
[[nodiscard]] GROVE_EXPORT std::string escaped(std::string_view text);

/// A function's name with its offset as a line has room for: what is long, as templates make it, loses its middle.
[[nodiscard]] GROVE_EXPORT std::string shortened(std::string name);

}  // namespace grove::http
