// bind_address.h - the socket addresses that a listening text means; looks up host names.
#pragma once

#include <string_view>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>

namespace grove::http {

class Sources;

/// Each address once, in the resolver's order. A host name may have several, such as "localhost"
/// with an IPv4 and an IPv6 address.
/// May ask the resolver, which blocks the thread: for the start of a server, and for small tools.
/// @param text  as Listener takes it
/// @return at least one address
/// @throws std::runtime_error naming the host if it is unknown; std::invalid_argument if the text
///         is not an address
[[nodiscard]] GROVE_EXPORT std::vector<Address> bind_addresses(std::string_view text);

/// The same; `sources` does the look-up, or has kept its result.
[[nodiscard]] GROVE_EXPORT std::vector<Address> bind_addresses(std::string_view text,
                                                               Sources& sources);

}  // namespace grove::http
