#include <grove/core/stream.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "tls_session.h"

namespace grove {

Stream::Stream(std::unique_ptr<Socket> socket, std::string unread) noexcept
    : socket_{std::move(socket)}, unread_{std::move(unread)} {}
Stream::Stream(Stream&& other) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept {
    drop();
    socket_ = std::move(other.socket_);
    tls_ = std::move(other.tls_);
    unread_ = std::exchange(other.unread_, {});
    return *this;
}
Stream::~Stream() { drop(); }

void Stream::drop() noexcept {
    if (tls_ != nullptr) tls_->abandon();
    tls_.reset();
    socket_.reset();
}

Socket& Stream::socket() const {
    if (socket_ == nullptr)
        throw std::system_error{EBADF, std::generic_category(), "the stream was moved away"};
    return *socket_;
}

std::size_t Stream::take_unread(std::span<char> into) {
    const std::size_t taken = unread_.copy(into.data(), into.size());
    unread_.erase(0, taken);
    return taken;
}

std::size_t Stream::recv(std::span<char> into, Timespan timeout) {
    if (!unread_.empty() && !socket().closed()) return take_unread(into);
    return tls_ != nullptr ? tls_->recv(into, timeout) : socket().recv(into, timeout);
}

std::optional<std::size_t> Stream::try_recv(std::span<char> into) {
    if (into.empty()) throw std::invalid_argument{"Stream::try_recv(): no room is given"};
    if (!unread_.empty() && !socket().closed()) return take_unread(into);
    // TLS would not look where the last read left nothing; the caller may have been told of more by its own wait.
    socket().look_again();
    const Socket::Outcome got = tls_ != nullptr ? tls_->try_recv(into) : socket().try_recv(into);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (got == -EAGAIN) return std::nullopt;
    throw std::system_error{static_cast<int>(-got), std::generic_category(), "recv"};
}

void Stream::sendall(std::string_view bytes, Timespan timeout) {
    if (tls_ != nullptr) {
        tls_->sendall(bytes, timeout);
    } else {
        socket().sendall(bytes, timeout);
    }
}

std::optional<std::size_t> Stream::try_send(std::string_view bytes) {
    if (bytes.empty()) return 0;
    const Socket::Outcome sent = tls_ != nullptr ? tls_->try_send(bytes) : socket().try_send(bytes);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (sent == -EAGAIN) return std::nullopt;
    throw std::system_error{static_cast<int>(-sent), std::generic_category(), "send"};
}

void Stream::sendfile(int file, std::uint64_t offset, std::uint64_t bytes, Timespan timeout) {
    constexpr std::uint64_t kMost = 1 << 20;  // without a wait: then others have their turn
    const Deadline deadline{timeout};
    for (std::uint64_t in_a_row = 0; bytes > 0;) {
        const std::size_t piece = std::min(bytes, kMost);
        const Socket::Outcome sent = tls_ != nullptr ? tls_->try_send_file(file, offset, piece)
                                                     : socket().try_send_file(file, offset, piece);
        if (sent > 0) {
            offset += static_cast<std::uint64_t>(sent);
            bytes -= static_cast<std::uint64_t>(sent);
            in_a_row += static_cast<std::uint64_t>(sent);
            if (in_a_row < kMost || bytes == 0) continue;
            in_a_row = 0;
            sleep();
            if (deadline.passed()) throw SocketTimeout{"sendfile"};
        } else if (sent == 0) {
            throw std::system_error{EIO, std::generic_category(), "sendfile: the file ended early"};
        } else if (sent != -EAGAIN) {
            throw std::system_error{static_cast<int>(-sent), std::generic_category(), "sendfile"};
        } else if (!socket().wait_writable(deadline.left())) {
            throw SocketTimeout{"sendfile"};
        } else {
            in_a_row = 0;
        }
    }
}

void Stream::shutdown_write() {
    if (tls_ != nullptr) {
        tls_->finish(std::chrono::seconds{1});
    } else {
        socket().shutdown_write();
    }
}

void Stream::close() {
    if (socket_ == nullptr || socket_->closed()) return;
    struct Closed {  // however the farewell ends
        Socket& socket;
        ~Closed() { socket.close(); }
    } const closed{*socket_};
    try {
        if (tls_ != nullptr) tls_->finish(std::chrono::seconds{1});
    } catch (const std::system_error&) {  // the peer is gone, or does not read
    }
}

int Stream::fd() const noexcept { return socket_ != nullptr ? socket_->fd() : -1; }

std::size_t Stream::buffered() const noexcept {
    return unread_.size() + (tls_ != nullptr ? tls_->buffered() : 0);
}

void Stream::unread(std::string_view bytes) { unread_.insert(0, bytes); }

const TlsInfo* Stream::tls() const noexcept { return tls_ != nullptr ? &tls_->info() : nullptr; }

void Stream::start_tls(std::unique_ptr<TlsSession> session, Timespan timeout) {
    // They came in the clear: TLS must neither lose them nor take them for its own.
    if (!unread_.empty())
        throw std::logic_error{"TLS cannot begin on a stream with unread plain bytes"};
    session->handshake(timeout);
    tls_ = std::move(session);
}

}  // namespace grove
