// tls_session.h - one connection's TLS, between a Stream and its Socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <grove/core/detail/socket.h>
#include <grove/core/duration.h>
#include <grove/core/tls_info.h>

#include "openssl_ptr.h"

namespace grove {

/// OpenSSL reads and writes through a BIO that never blocks; waiting is done outside its calls, so
/// that kills and timeouts pass through no C frames. The Socket must outlive it.
class TlsSession {
public:
    /// @param keeps_alive whatever `ssl` points at
    TlsSession(Socket& socket, SslPtr ssl, std::shared_ptr<const void> keeps_alive);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    void handshake(Timespan timeout);
    std::size_t recv(std::span<char> into, Timespan timeout);
    void sendall(std::string_view bytes, Timespan timeout);
    /// Sends close_notify, and waits at most `timeout` for it to go out.
    void finish(Timespan timeout);
    /// Tries once to send close_notify. Never switches.
    void abandon() noexcept;

    // ---- for an owner who does not block (tls_layer.h)
    /// One read of the socket takes all that has come, in place of a record's head and then its body.
    void read_ahead() noexcept { ::SSL_set_read_ahead(ssl_.get(), 1); }
    void move_to(Socket& socket) noexcept;
    Socket::Outcome try_recv(std::span<char> into) noexcept;
    Socket::Outcome try_send(std::string_view bytes) noexcept;
    /// One record of a file. 0: the file ends at `offset`; -EIO: it cannot be read.
    Socket::Outcome try_send_file(int file, std::uint64_t offset, std::size_t bytes) noexcept;
    [[nodiscard]] bool drained() const noexcept { return dry_ && socket_->drained(); }

    /// Decrypted, and not read yet.
    [[nodiscard]] std::size_t buffered() const noexcept {
        return static_cast<std::size_t>(::SSL_pending(ssl_.get()));
    }
    [[nodiscard]] const TlsInfo& info() const noexcept { return info_; }
    /// Made when it is asked for first.
    const std::string& peer_certificate();

private:
    template <class Call>
    bool complete(const char* what, const Deadline& deadline, Call call);
    void wait(int want, const char* what, const Deadline& deadline);
    [[noreturn]] void fail(int error, const char* what);
    void note_info();

    Socket::Outcome refusal(int result, int would_block) noexcept;

    Socket* socket_;
    std::shared_ptr<const void> keeps_alive_;
    SslPtr ssl_;
    bool broken_ = false;  // nothing more may be sent
    bool finished_ = false;
    bool dry_ = false;  // OpenSSL holds nothing that could be read before more arrives
    TlsInfo info_;
    std::string peer_certificate_;
};

}  // namespace grove
