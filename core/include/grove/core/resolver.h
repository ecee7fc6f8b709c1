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

/// Blocks the greenlet, not the thread. Addresses come in the system's order of preference
/// (RFC 6724); what is an address already is answered at once.
/// @throws SocketTimeout; std::system_error that names the host
GROVE_EXPORT std::vector<Address> resolve(const std::string& host, std::uint16_t port,
                                          Timespan timeout = {});

/// Connects to the first address of `host` that answers; tries them in order. `timeout` covers the
/// whole. @throws what the last one threw
GROVE_EXPORT Stream connect(const std::string& host, std::uint16_t port, Timespan timeout = {});

}  // namespace grove
