// client_stream.h - what one request and its answer travel by, where a client's connection carries many at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <sys/uio.h>

#include <grove/core/address.h>
#include <grove/core/detail/socket.h>
#include <grove/core/duration.h>
#include <grove/core/tls_info.h>

#include "stream_framing.h"

namespace grove::http {

/// What the requests of one connection know of it, also when it is gone.
struct SharedPeer {
    Address local{};
    std::optional<TlsInfo> tls{};  // nullopt: plain
    std::string certificate{};     // in PEM; "": the client has shown none
};

/// One of the streams of a connection. A ClientSocket stands over it, and owns its share in it: let_go(). Only
/// wait_readable() and wait_writable() block; all others may be called in the hub.
class ClientStream : public StreamFraming {
public:
    // ---- The body of the request.
    /// As Socket has it; at the end of the body, too, it is -EAGAIN. -ECONNRESET: lost().
    virtual Socket::Outcome try_receive(std::span<char> room) noexcept = 0;
    /// The hub has received all that is there, and what it has so is not enough to begin with.
    virtual void needs_more() noexcept = 0;
    /// try_receive() would only return -EAGAIN.
    [[nodiscard]] virtual bool drained() const noexcept = 0;

    // ---- The answer.
    /// Bytes of its body. @return how many were taken, -EAGAIN: none now, -EPIPE: lost()
    virtual Socket::Outcome try_send(std::span<const iovec> pieces) noexcept = 0;
    /// The same of a file, as Socket has it.
    virtual Socket::Outcome try_send_file(int file, std::uint64_t offset,
                                          std::size_t bytes) noexcept = 0;
    /// Bytes that were sent, and that the client has not taken.
    [[nodiscard]] virtual std::size_t unsent() const noexcept = 0;

    // ---- Waits, as Socket has them. They end if it is lost, and throw if it is closed.
    virtual bool wait_readable(Timespan timeout) = 0;
    virtual bool wait_writable(Timespan timeout) = 0;
    /// After -EAGAIN of a send: the hook is told when it may be tried again.
    virtual void watch_writable() noexcept = 0;

    /// The client has reset it, or its connection is gone: nothing more comes, and nothing goes.
    [[nodiscard]] virtual bool lost() const noexcept = 0;
    /// close() was called.
    [[nodiscard]] virtual bool closed() const noexcept = 0;
    /// Nobody reads or sends any more: an answer that is not complete is cut, so that the client can tell.
    virtual void close() noexcept = 0;
    /// Cuts the answer at once, as the server will not go on with it.
    virtual void reset() noexcept = 0;
    /// Its ClientSocket is gone. It may destroy itself.
    virtual void let_go() noexcept = 0;

protected:
    ~ClientStream() = default;
};

}  // namespace grove::http
