// stream.h - the bytes of a connection: TCP or unix, whatever lies beneath.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/core/export.h>

namespace grove {

class Socket;

/// One connection. Movable, so that a handler may keep it; closed when it goes. Calls on a
/// moved-from stream throw std::system_error (EBADF). Thread: its hub's.
class GROVE_EXPORT Stream {
public:
    explicit Stream(std::unique_ptr<Socket> socket) noexcept;
    Stream(Stream&& other) noexcept;
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    /// Some bytes; 0: the peer finished. @throws SocketTimeout, std::system_error
    std::size_t recv(std::span<char> into, Timespan timeout = {});
    /// All of it, or throws; `timeout` covers the whole.
    void sendall(std::string_view bytes, Timespan timeout = {});
    void shutdown_write();                  ///< The peer reads 0 after what was sent.
    void close();                           ///< No effect if closed.
    [[nodiscard]] int fd() const noexcept;  ///< -1 once closed.

private:
    [[nodiscard]] Socket& socket() const;

    std::unique_ptr<Socket> socket_;
};

}  // namespace grove
