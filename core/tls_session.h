// tls_session.h - one connection's TLS, between a Stream and its Socket.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <grove/core/duration.h>
#include <grove/core/socket.h>
#include <grove/core/tls.h>

#include "tls_files.h"

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

    /// Decrypted, and not read yet.
    [[nodiscard]] std::size_t buffered() const noexcept {
        return static_cast<std::size_t>(::SSL_pending(ssl_.get()));
    }
    [[nodiscard]] const TlsInfo& info() const noexcept { return info_; }

private:
    template <class Call>
    bool complete(const char* what, const Deadline& deadline, Call call);
    void wait(int want, const char* what, const Deadline& deadline);
    [[noreturn]] void fail(int error, const char* what);
    void note_info();

    Socket& socket_;
    std::shared_ptr<const void> keeps_alive_;
    SslPtr ssl_;
    bool broken_ = false;  // nothing more may be sent
    bool finished_ = false;
    TlsInfo info_;
};

}  // namespace grove
