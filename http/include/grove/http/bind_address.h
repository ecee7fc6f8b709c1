// bind_address.h - the socket address of a listening text: a host name is looked up here.
#pragma once

#include <string_view>

#include <grove/core/address.h>
#include <grove/core/export.h>

namespace grove::http {

/// @param text  as Listener takes it
/// May ask the resolver, and then stops the thread: for the start of a server, and for small tools.
/// @throws std::system_error naming the text, if the name is not known; std::invalid_argument if it is no address
[[nodiscard]] GROVE_EXPORT Address bind_address(std::string_view text);

}  // namespace grove::http
