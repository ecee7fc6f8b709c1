// report_text.h - how the error log names a request that went wrong, and where its greenlet stood.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/greenlet.h>

namespace grove::http {

class RequestState;

/// The number between the two; "": of HTTP/1.
[[nodiscard]] GROVE_EXPORT std::string stream_text(std::uint32_t stream, std::string_view before,
                                                   std::string_view after = {});

/// Who asked for what, and which greenlet answered. Of the fields nothing but Host: they hold secrets.
/// Not escaped yet.
[[nodiscard]] std::string described(RequestState& request, const AnyGreenlet& greenlet);

/// "; stack: innermost < its caller < ...", up to where the server called the application.
[[nodiscard]] std::string joined(const std::vector<std::string>& stack);

}  // namespace grove::http
