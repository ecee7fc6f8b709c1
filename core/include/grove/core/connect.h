// connect.h - a connection to an address. Thread: any; the connection belongs to that thread's hub.
#pragma once

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove {

/// Connects to `address`; blocks the greenlet until the peer has accepted. TCP_NODELAY is set. If
/// it throws, nothing is left open.
/// @throws SocketTimeout if `timeout` passes first; std::system_error that names the address;
///         whatever interrupts the wait
GROVE_EXPORT Stream connect(const Address& address, Timespan timeout = {});

}  // namespace grove
