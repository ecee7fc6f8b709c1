// report_text.h - how the error log names a request that went wrong, and where its greenlet stood.
#pragma once

#include <string>
#include <vector>

#include <grove/core/greenlet.h>

namespace grove::http {

class RequestState;

/// Who asked for what, and which greenlet answered. Of the fields nothing but Host: they hold secrets.
/// Not escaped yet.
[[nodiscard]] std::string described(RequestState& request, const AnyGreenlet& greenlet);

/// "; stack: innermost < its caller < ...", up to where the server called the application.
[[nodiscard]] std::string joined(const std::vector<std::string>& stack);

}  // namespace grove::http
