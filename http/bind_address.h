// bind_address.h - the socket address of a listening text: a host name is looked up here.
#pragma once

#include <string_view>

#include <grove/core/address.h>

namespace grove::http {

/// May ask the resolver, and then stops the thread: for the start of a server.
/// @throws std::system_error naming the text, if the name is not known
[[nodiscard]] Address bind_address(std::string_view text);

}  // namespace grove::http
