// connect.h - a connection to an address. Thread: any; it belongs to its hub.
#pragma once

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove {

/// Blocks the greenlet until the peer has accepted. TCP_NODELAY is set.
/// @throws SocketTimeout if `timeout` passes first, std::system_error that names the address;
///         whatever interrupts the wait. Then nothing is left open.
GROVE_EXPORT Stream connect(const Address& address, Timespan timeout = {});

}  // namespace grove
