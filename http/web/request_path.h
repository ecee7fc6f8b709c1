// request_path.h - the path of a request, as rules are compared with it.
#pragma once

#include <string>
#include <string_view>

#include <grove/http/environ.h>

namespace grove::web {

/// The path that rules are compared with.
struct RequestPath {
    std::string_view text{};
    bool encoded = false;  ///< Its segments are decoded when they are compared.
};

/// REQUEST_URI's path below SCRIPT_NAME, encoded, if it is that of SCRIPT_NAME and PATH_INFO, so that
/// a '/' that was sent as %2F is told from others; PATH_INFO where something has changed these.
/// Valid as the environ is.
[[nodiscard]] RequestPath path_of(http::Environ& environ);

/// Percent-encoded, a '/' within a segment, too.
[[nodiscard]] std::string encoded(const RequestPath& path);

}  // namespace grove::web
