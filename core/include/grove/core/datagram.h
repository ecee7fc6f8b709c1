// datagram.h - a UDP or unix datagram socket (gevent.socket with SOCK_DGRAM).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>

namespace grove {

class Socket;

/// Messages that arrive whole, or not at all. Movable; closed when destroyed, which nobody may wait
/// for (asserted). Several greenlets may receive: each message goes to one of them. Calls on a
/// closed or moved-from socket throw std::system_error (EBADF). Thread: its hub's.
class GROVE_EXPORT Datagram {
public:
    /// A socket that receives what is sent to `local`. A unix path whose file nobody answers any
    /// more is unlinked first; close() unlinks its own file, in the process that made it. An IPv6
    /// address for all interfaces takes IPv4 too; where the kernel has no IPv6, it means 0.0.0.0.
    /// @throws std::system_error naming the address
    static Datagram bind(const Address& local);
    /// A socket that sends to `peer` and receives from it alone. A unix one gets a name of its own,
    /// to which the peer may answer. UDP is told of nobody there by ECONNREFUSED, out of a later
    /// call.
    /// @throws std::system_error naming the address
    static Datagram connect(const Address& peer);
    /// Takes over a datagram socket, whoever made it.
    explicit Datagram(FileDescriptor fd);
    Datagram(Datagram&& other) noexcept;
    Datagram& operator=(Datagram&& other) noexcept;
    ~Datagram();

    /// Receives one message; blocks until there is one, at most `timeout`. One that is longer than
    /// `into` is cut: the rest is lost.
    /// @param from is set to the sender's address; unspecified for a unix sender without a name
    /// @return its bytes; 0: an empty message, and never an end
    /// @throws SocketTimeout, std::system_error; whatever interrupts the wait: nothing was received
    std::size_t recv_from(std::span<char> into, Address& from, Timespan timeout = {});
    /// Sends one message; blocks while the kernel has no room for it, at most `timeout`.
    /// @throws SocketTimeout, std::system_error, such as EMSGSIZE; nothing was sent then
    void send_to(std::string_view bytes, const Address& to, Timespan timeout = {});
    /// recv_from() for whoever need not know the sender.
    std::size_t recv(std::span<char> into, Timespan timeout = {});
    /// Sends one message to the peer of connect(); otherwise as send_to().
    void send(std::string_view bytes, Timespan timeout = {});

    /// Its own address, with the real port; unspecified once closed.
    [[nodiscard]] Address local() const;
    [[nodiscard]] int fd() const noexcept;  ///< -1 once closed.
    /// Calls that wait throw std::system_error (EBADF). No effect if closed.
    void close();

private:
    class BoundFile;

    Datagram(FileDescriptor fd, std::unique_ptr<BoundFile> file);
    [[nodiscard]] Socket& socket() const;

    std::unique_ptr<BoundFile> file_;  // null: no file of ours. Goes after the socket.
    std::unique_ptr<Socket> socket_;
};

}  // namespace grove
