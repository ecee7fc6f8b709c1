// open_each.h - the sockets of one listening text, of which a host name may mean several.
#pragma once

#include <functional>
#include <vector>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove::http {

/// A listening socket on each address. All have one port, also where any was asked for (0). An address whose family
/// the kernel does not have is left out, but not the last that is left.
/// @param open  of one address; may be called for the same again if a port was free on some of them only
/// @pre there is an address
/// @throws what `open` threw: std::system_error that names the address
GROVE_EXPORT std::vector<FileDescriptor> open_each(
    const std::vector<Address>& addresses,
    const std::function<FileDescriptor(const Address&)>& open);

}  // namespace grove::http
