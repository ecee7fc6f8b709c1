// log_text.h - bytes of a client as they may stand in a log.
#pragma once

#include <string>
#include <string_view>

namespace grove::http {

/// Printable ASCII stays; a backslash and all else becomes \xhh: it cannot forge a line.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace grove::http
