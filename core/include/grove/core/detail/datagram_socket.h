// datagram_socket.h - a bound datagram socket. Any thread; needs no hub.
#pragma once

#include <cstddef>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove {

/// Binds as Datagram::bind() says; whoever calls it owns the file of a unix socket.
/// @param reuse_port  joins sockets that are bound there already, if they allow it
/// @return a non-blocking, close-on-exec socket
/// @throws std::system_error that names the address
GROVE_EXPORT FileDescriptor bind_datagram(const Address& address, bool reuse_port = false);

/// The descriptor is a datagram socket. Any thread.
[[nodiscard]] GROVE_EXPORT bool is_datagram_socket(int fd) noexcept;

/// Messages for a socket of UDP for which there was no room, so that they were lost; 0 if the
/// kernel does not tell.
[[nodiscard]] GROVE_EXPORT std::size_t lost_datagrams(int fd) noexcept;

}  // namespace grove
