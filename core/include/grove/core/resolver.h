// resolver.h - host names to addresses, by the system's resolver in threads of its own: at most 16 a
// process, and equal look-ups under way are one. Results are not kept.
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
/// not the thread; if `host` is an address already, returns at once. `timeout` runs also while the
/// name waits for a thread. A greenlet that is killed leaves, and others go on waiting.
/// @throws SocketTimeout, std::system_error: both name the host; whatever interrupts the wait
GROVE_EXPORT std::vector<Address> resolve(const std::string& host, std::uint16_t port,
                                          Timespan timeout = {});

/// Connects to whichever address of `host` answers first (RFC 8305): those of both families are
/// tried by turns, each when the one before it has failed or has not answered for 250 ms. The
/// others are closed. TCP_NODELAY is set. `timeout` covers the whole call.
/// @throws as resolve(); SocketTimeout, std::system_error: both name each address that was tried,
/// and why it failed; whatever interrupts the wait. Nothing is left open then.
GROVE_EXPORT Stream connect(const std::string& host, std::uint16_t port, Timespan timeout = {});

}  // namespace grove
