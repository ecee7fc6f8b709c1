// datagram_server.h - a handler for each datagram (gevent.server.DatagramServer). Thread: as
// BaseServer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <grove/core/address.h>
#include <grove/core/datagram.h>
#include <grove/core/detail/export.h>
#include <grove/http/base_server.h>

namespace grove::http {

/// `handler` has each message that arrives, in a greenlet of its own, as options.spawn says. While
/// the pool is full nothing is taken: messages wait in the socket's queue, and the kernel drops
/// those that find it full.
///
/// close() takes no more messages; the sockets are closed with the last handler, so that the
/// handlers that run may still answer.
class GROVE_EXPORT DatagramServer : public BaseServer {
public:
    /// `socket` is the one that the message came by: send_to(from) answers. One of UDP holds at
    /// most 65,507 bytes; a longer one of a unix socket is cut to 65,535.
    using Handler = std::function<void(std::string data, const Address& from, Datagram& socket)>;

    /// At most options.max_accept messages, and never more than 64, are taken before others run.
    /// reuse_addr has no effect: with UDP, it would let another process take the port.
    /// @throws std::invalid_argument without a handler, for tls, for a backlog, for max_accept < 1,
    /// for a descriptor that is not a datagram socket
    DatagramServer(Listener listener, Handler handler, ServerOptions options = {});
    ~DatagramServer() override;

    /// For messages that nobody asked for, from wherever the program likes. For a host name with
    /// several addresses, the first's. It stays the same object until the next start().
    /// @throws std::logic_error before the first start()
    [[nodiscard]] Datagram& socket();
    /// Messages that were lost since the server was made: the kernel's count of those that found
    /// the queue of a socket of UDP full, and those that found no memory here. Never switches.
    [[nodiscard]] std::uint64_t dropped() const;

protected:
    void accepted(FileDescriptor fd, const Address& peer) override;
    bool full() override;
    FileDescriptor open_socket(const Address& address, const ListenOptions& options) override;
    std::unique_ptr<Intake> take_from(FileDescriptor socket) override;
    void opening() override;
    void closing() override;
    bool join_handlers(Timespan timeout) override;
    void kill_handlers() override;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
