// method.h - the request methods grove serves.
#pragma once

#include <string_view>

namespace grove::http {

/// Whether `method` is one that grove hands to an application. The list is grove's own, so that a
/// newer parser does not change which requests get a 501. CONNECT is not in it: grove is no proxy.
[[nodiscard]] bool is_known_method(std::string_view method) noexcept;

}  // namespace grove::http
