// escapes.h - percent-encoding as the parts of a request have it.
#pragma once

#include <string>
#include <string_view>

namespace grove::web {

/// Adds `text` to `decoded`, each %HH as its byte; a '%' without two digits stays, as the server
/// has it in PATH_INFO. @return false: there was such a '%'
bool append_decoded(std::string& decoded, std::string_view text);

/// As percent_encode(), and '/' stays.
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace grove::web
