// resolver.h - host names to addresses, by the system's resolver in a thread of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove {

/// The addresses of `host`, in the system's order of preference (RFC 6724). Blocks the greenlet,
/// not the thread; if `host` is an address already, returns at once.
/// @throws SocketTimeout; std::system_error that names the host
GROVE_EXPORT std::vector<Address> resolve(const std::string& host, std::uint16_t port,
                                          Timespan timeout = {});

/// Tries the addresses of `host` in order and connects to the first that answers. `timeout` covers
/// the whole call. @throws as resolve(); what the last address threw
GROVE_EXPORT Stream connect(const std::string& host, std::uint16_t port, Timespan timeout = {});

}  // namespace grove
