// tls_layer.h - a server's TLS over a Socket that its owner drives without blocking.
//
// It is to a Socket as tls_accept() is to a Stream: for owners that read and send when the socket
// is ready, and hold no greenlet meanwhile. Errors of TLS are returned as errno values: -EPROTO,
// and -ECONNRESET for an end without close_notify. Thread: its hub's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <sys/uio.h>

#include <grove/core/detail/export.h>
#include <grove/core/detail/socket.h>
#include <grove/core/duration.h>
#include <grove/core/stream.h>

namespace grove {

class TlsContext;
class TlsSession;
struct TlsInfo;

/// TLS between a Socket and an owner that never blocks. It has one owner and serves one greenlet at
/// a time.
class GROVE_EXPORT TlsLayer {
public:
    /// @param socket must outlive it, or be replaced by move_to()
    /// @param alpn a literal, each name after a byte of its length: offered if the context offers
    /// nothing
    TlsLayer(Socket& socket, const std::shared_ptr<TlsContext>& context,
             const char* alpn = nullptr);
    ~TlsLayer();
    TlsLayer(const TlsLayer&) = delete;
    TlsLayer& operator=(const TlsLayer&) = delete;

    /// Blocks. @throws TlsError; SocketTimeout if `timeout` passed first; std::system_error
    void handshake(Timespan timeout = {});
    /// From now on uses this socket, which has taken over the same descriptor.
    void move_to(Socket& socket) noexcept;

    /// Receives some bytes. 0: the peer sent close_notify; -EAGAIN: none before more arrives.
    Socket::Outcome try_recv(std::span<char> into) noexcept;
    /// Sends bytes; short pieces leave in one record. After -EAGAIN the same bytes must be given
    /// again.
    /// @return how many bytes were taken
    Socket::Outcome try_send(std::span<const iovec> pieces) noexcept;
    /// Sends bytes of a file, in records. 0: the file ends at `offset`.
    Socket::Outcome try_send_file(int file, std::uint64_t offset, std::size_t bytes) noexcept;
    /// try_recv() would only return -EAGAIN.
    [[nodiscard]] bool drained() const noexcept;
    /// Tries once to send close_notify; nothing may be sent after it.
    void finish() noexcept;
    /// The connection as a Stream over `socket`, which has taken over the descriptor. The stream
    /// gives `unread` first, then the bytes decrypted already. Nothing may be called afterwards.
    Stream release(std::unique_ptr<Socket> socket, std::string unread) noexcept;
    /// The result of the handshake.
    [[nodiscard]] const TlsInfo& info() const noexcept;
    /// The certificate that the peer has shown, in PEM; "" if none.
    const std::string& peer_certificate();

private:
    std::unique_ptr<TlsSession> session_;
};

}  // namespace grove
