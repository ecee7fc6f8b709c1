// bind_address.h - the socket addresses of a listening text: a host name is looked up here.
#pragma once

#include <string_view>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>

namespace grove::http {

class Sources;

/// Each once, in the resolver's order: a host name may have several, as "localhost" one of IPv4 and one of IPv6.
/// @param text  as Listener takes it
/// May ask the resolver, and then stops the thread: for the start of a server, and for small tools.
/// @return at least one
/// @throws std::runtime_error naming the host, if it is not known; std::invalid_argument if the text is no address
[[nodiscard]] GROVE_EXPORT std::vector<Address> bind_addresses(std::string_view text);

/// The same of a text that is one of these sources.
[[nodiscard]] GROVE_EXPORT std::vector<Address> bind_addresses(std::string_view text,
                                                               Sources& sources);

}  // namespace grove::http
