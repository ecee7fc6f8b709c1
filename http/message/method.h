// method.h - the request methods grove serves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <grove/core/detail/export.h>

#include "ascii.h"

namespace grove::http {

namespace detail {
[[nodiscard, gnu::cold]] bool is_less_usual_method(std::string_view method) noexcept;
}

/// Whether `method` is one that grove hands to an application. The list is grove's own, so that a
/// newer parser does not change which requests get a 501. CONNECT is not in it: grove is no proxy.
[[nodiscard]] inline bool is_known_method(std::string_view method) noexcept {
    return same(method, "GET") || same(method, "POST") || detail::is_less_usual_method(method);
}

/// Methods that grove serves beside those, as an application asks for them.
struct ExtraMethods {
    std::vector<std::string> names{};

    [[nodiscard, gnu::cold]] bool hold(std::string_view method) const noexcept;
};

/// @throws std::invalid_argument  an application cannot ask for it: it is no token, or CONNECT
GROVE_EXPORT void check_mount_method(std::string_view method);

}  // namespace grove::http
