// client_end.h - how a client's socket, or the stream in its place, comes to its end.
#pragma once

#include <grove/core/stream.h>

#include "client_socket.h"

namespace grove::http {

/// A view of the socket, as light as a reference to it. Nothing here waits.
class ClientEnd {
public:
    explicit ClientEnd(ClientSocket& client) noexcept : client_{client} {}

    /// Something came that was not read, or may have. What is found is lost.
    [[nodiscard]] bool has_unread() noexcept;
    /// Of TLS, tries once to tell the client that nothing follows; what still comes need not be decrypted then.
    void finish() noexcept;
    /// @param resets  the kernel drops what the client has not taken, and TLS does not tell of an end
    void close(bool resets) noexcept;
    /// Resets the client of a greenlet that goes on all the same, and whose socket it stays: what it sends and
    /// reads from here on fails.
    void cut_off() noexcept;
    /// The connection as a stream, with what was received and not consumed; the socket counts as closed then.
    /// @pre nobody reads or sends
    [[nodiscard]] Stream release();

private:
    ClientSocket& client_;
};

}  // namespace grove::http
