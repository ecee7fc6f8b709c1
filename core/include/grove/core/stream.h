// stream.h - the bytes of a connection: TCP, unix or TLS, whatever lies beneath.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>

namespace grove {

class Socket;
class TlsContext;
class TlsSession;
struct TlsInfo;

/// One connection. Movable, so that a handler may keep it; closed when destroyed. Calls on a
/// moved-from stream throw std::system_error (EBADF). Thread: its hub's.
class GROVE_EXPORT Stream {
public:
    /// @param unread bytes that came over it already: recv() gives them first
    explicit Stream(std::unique_ptr<Socket> socket, std::string unread = {}) noexcept;
    Stream(Stream&& other) noexcept;
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    /// Receives some bytes; blocks until there are some, at most `timeout`.
    /// @return 0: the peer finished. @throws SocketTimeout, std::system_error
    std::size_t recv(std::span<char> into, Timespan timeout = {});
    /// Receives what is there, buffered() bytes first; never blocks. Before a wait for fd(), call it
    /// until it gives nullopt: the descriptor does not tell of bytes that are buffered.
    /// @return 0: the peer finished; nullopt: nothing is there now
    /// @throws std::invalid_argument if `into` is empty; std::system_error, as for a reset
    std::optional<std::size_t> try_recv(std::span<char> into);
    /// Sends all of `bytes`, or throws; `timeout` covers the whole call.
    void sendall(std::string_view bytes, Timespan timeout = {});
    /// Sends what goes at once; never blocks. Over TLS, bytes that were refused must be offered
    /// again before any others.
    /// @return how many bytes were taken; nullopt: none now
    /// @throws std::system_error
    std::optional<std::size_t> try_send(std::string_view bytes);
    /// Sends `bytes` bytes of an open file from `offset`, or throws. The kernel copies them, except
    /// over TLS. After each MiB that went without a wait, others have their turn. Without TLS, a
    /// peer that has gone then also brings SIGPIPE, which ends a program that neither ignores nor
    /// holds it, such as by `const SignalInbox pipe{SIGPIPE};`. No other call here brings it.
    /// @throws std::system_error, also if the file is shorter; SocketTimeout
    void sendfile(int file, std::uint64_t offset, std::uint64_t bytes, Timespan timeout = {});
    void shutdown_write();  ///< The peer reads 0 after all that was sent.
    /// No effect if closed. Over TLS it may switch: see tls.h.
    void close();
    [[nodiscard]] int fd() const noexcept;  ///< -1 once closed.
    /// Bytes that recv() would give without a look at the socket: unread bytes, and the rest of a
    /// TLS record.
    [[nodiscard]] std::size_t buffered() const noexcept;
    /// Puts bytes back that came over it and were read too early: recv() gives them first.
    void unread(std::string_view bytes);
    /// The result of the TLS handshake; nullptr: the stream is plain.
    [[nodiscard]] const TlsInfo* tls() const noexcept;

private:
    friend class TlsLayer;
    friend Stream tls_accept(Stream, const std::shared_ptr<TlsContext>&, Timespan);
    friend Stream tls_connect(Stream, const std::shared_ptr<TlsContext>&, const std::string&,
                              Timespan);

    [[nodiscard]] Socket& socket() const;
    std::size_t take_unread(std::span<char> into);
    void start_tls(std::unique_ptr<TlsSession> session, Timespan timeout);
    void drop() noexcept;

    std::unique_ptr<Socket> socket_;
    std::unique_ptr<TlsSession> tls_;  // null: plain. Goes before the socket.
    std::string unread_;
};

}  // namespace grove
