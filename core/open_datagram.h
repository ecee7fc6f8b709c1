// open_datagram.h - datagram sockets before they are bound or connected.
#pragma once

#include <grove/core/address.h>
#include <grove/core/file_descriptor.h>

namespace grove {

/// A non-blocking, close-on-exec socket of the address's family. @throws std::system_error
FileDescriptor open_datagram(const Address& address);

/// connect(2). @return 0, or -1 and errno
int connect_datagram(int fd, const Address& address) noexcept;

}  // namespace grove
