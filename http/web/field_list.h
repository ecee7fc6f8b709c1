// field_list.h - comma-separated values of fields (RFC 9110 section 5.6.1), read and added to.
//
// All functions: any thread, never switch.
#pragma once

#include <string_view>

#include <grove/http/headers.h>

namespace grove::web {

/// Without blanks around it.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Takes the first element off `list`, trimmed; it may be empty.
std::string_view take_element(std::string_view& list) noexcept;

/// `name` is an element of `list`, in any case.
[[nodiscard]] bool has_element(std::string_view list, std::string_view name) noexcept;

/// A field of that name, of several any, has `element`.
[[nodiscard]] bool any_has_element(const http::Headers& headers, std::string_view name,
                                   std::string_view element) noexcept;

/// Adds `name` to what Vary has already, unless that is "*" or has it.
void add_vary(http::Headers& headers, std::string_view name);

/// Takes all fields of that name away.
void remove_fields(http::Headers& headers, std::string_view name);

}  // namespace grove::web
