// forwarded_field.h - the elements of a Forwarded field (RFC 7239), from its end.
//
// Each proxy adds its own behind what it was given. Whatever a client has written there, quotes without an end too,
// the elements of honest proxies behind it are what they wrote.
#pragma once

#include <optional>
#include <string_view>

namespace grove::http {

/// Without the quotes around them; "" if absent. None of these needs a '\' within quotes: it stays, and is wrong there.
struct ForwardedElement {
    std::string_view node{};  ///< "for": "192.0.2.1:4711", "[2001:db8::1]", "unknown", "_hidden"
    std::string_view proto{};
    std::string_view host{};
};

/// Takes the last element off `list`, with the comma before it.
/// @return nullopt: it is empty or malformed
std::optional<ForwardedElement> take_last_element(std::string_view& list);

}  // namespace grove::http
