// log_text.h - bytes of a client as they may stand in a log.
#pragma once

#include <string>
#include <string_view>

#include <grove/core/duration.h>

namespace grove::http {

/// Printable ASCII stays; a backslash and all else becomes \xhh: it cannot forge a line.
[[nodiscard]] std::string escaped(std::string_view text);

/// A function's name with its offset as a line has room for: what is long, as templates make it, loses its middle.
[[nodiscard]] std::string shortened(std::string name);

/// As a configuration has it: "60 s", "0.5 s".
[[nodiscard]] std::string seconds(Duration duration);

}  // namespace grove::http
