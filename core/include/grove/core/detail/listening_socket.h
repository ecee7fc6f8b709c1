// listening_socket.h - a bound, listening socket. Any thread; needs no hub.
#pragma once

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/file_descriptor.h>

namespace grove {

/// How listen_on() makes its socket; for a unix socket only the backlog counts.
struct ListenOptions {
    int backlog = 128;        ///< Clients the kernel queues (listen(2)).
    bool reuse_addr = true;   ///< SO_REUSEADDR.
    bool reuse_port = false;  ///< Joins sockets that listen there already, if they allow it.
    /// Nobody may listen there yet; sockets with reuse_port may join later.
    bool others_may_join = false;
    bool bind_only = false;  ///< No client is queued until the owner calls listen(2).
};

/// Binds and, without bind_only, listens; never blocks. A unix path whose file nobody answers any
/// more is unlinked first. Where the kernel has no IPv6, all interfaces ("::") are those of IPv4
/// ("0.0.0.0").
/// @return a non-blocking, close-on-exec socket. TCP: TCP_NODELAY is set, and accepted sockets
/// inherit it
/// @throws std::system_error that names the address
GROVE_EXPORT FileDescriptor listen_on(const Address& address, const ListenOptions& options = {});

/// The kernel has addresses of this family (AF_INET, AF_INET6) at all: it may be built, or told, to
/// do without IPv6. For other families: true.
[[nodiscard]] GROVE_EXPORT bool has_family(int family) noexcept;

}  // namespace grove
