#include <grove/core/detail/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <grove/core/detail/assert.h>
#include <grove/core/detail/trim_stack.h>
#include <grove/core/detail/waiter.h>
#include <grove/core/errors.h>
#include <grove/core/hub.h>

#include "pipe_write.h"

namespace grove {
namespace {

[[noreturn]] void refuse(int error, const char* call) {
    throw std::system_error{error, std::generic_category(), call};
}

}  // namespace

Socket::Socket(FileDescriptor fd) : hub_{get_hub()}, fd_{std::move(fd)} {}

Socket::~Socket() {
    GROVE_ASSERT(readers_.empty() && writers_.empty(), "a Socket was destroyed under its waiters");
    close();
}

Socket::Outcome Socket::try_recv(std::span<char> into) noexcept {
    if (!fd_) return -EBADF;
    ssize_t got = 0;
    do {
        got = ::recv(fd_.get(), into.data(), into.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (!watched_) read_at_ = static_cast<std::uint32_t>(hub_.polls());
    if (got < 0) {
        if (errno == ENOTSOCK) return try_read(into);
        if (errno == EAGAIN) readable_ = false;
        return -errno;
    }
    // A short read has emptied the socket: the next byte brings an event (epoll(7), Questions 9).
    if (static_cast<std::size_t>(got) < into.size() && !finished_) readable_ = false;
    return got;
}

Socket::Outcome Socket::try_send(std::string_view bytes) noexcept {
    if (!fd_) return -EBADF;
    ssize_t sent = 0;
    do {
        sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return sent;
    if (errno == ENOTSOCK) return try_write(bytes);
    if (errno == EAGAIN) writable_ = false;
    return -errno;
}

Socket::Outcome Socket::try_send(std::span<const iovec> pieces) noexcept {
    if (pieces.size() == 1) {  // the usual case, and the cheaper call
        const iovec& piece = pieces.front();
        return try_send(std::string_view{static_cast<const char*>(piece.iov_base), piece.iov_len});
    }
    if (!fd_) return -EBADF;
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return sent;
    if (errno == ENOTSOCK && !pieces.empty()) {
        const iovec& piece = pieces.front();
        return try_write({static_cast<const char*>(piece.iov_base), piece.iov_len});
    }
    if (errno == EAGAIN) writable_ = false;
    return -errno;
}

// Pipes to and from children: learnt from each refusal anew, so that sockets pay nothing.
Socket::Outcome Socket::try_read(std::span<char> into) noexcept {
    ssize_t got = 0;
    do {
        got = ::read(fd_.get(), into.data(), into.size());
    } while (got < 0 && errno == EINTR);
    if (got >= 0) return got;
    if (errno == EAGAIN) readable_ = false;
    return -errno;
}

Socket::Outcome Socket::try_write(std::string_view bytes) noexcept {
    const Outcome sent = write_to_pipe(fd_.get(), bytes);
    if (sent == -EAGAIN) writable_ = false;
    return sent;
}

Socket::Outcome Socket::try_send_file(int file, std::uint64_t offset, std::size_t bytes) noexcept {
    if (!fd_) return -EBADF;
    auto from = static_cast<off_t>(offset);
    ssize_t sent = 0;
    do {
        sent = ::sendfile(fd_.get(), file, &from, bytes);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return sent;
    if (errno == EAGAIN) writable_ = false;
    return -errno;
}

std::size_t Socket::recv(std::span<char> into, Timespan timeout) {
    const Deadline deadline{timeout};
    for (;;) {
        if (readable_) {
            const Outcome got = try_recv(into);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (got != -EAGAIN) refuse(static_cast<int>(-got), "recv");
        }
        if (!wait_readable(deadline.left())) throw SocketTimeout{"recv"};
    }
}

void Socket::sendall(std::string_view bytes, Timespan timeout) {
    const Deadline deadline{timeout};
    while (!bytes.empty()) {
        const Outcome sent = try_send(bytes);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (sent != -EAGAIN) {
            refuse(static_cast<int>(-sent), "send");
        } else if (!wait_writable(deadline.left())) {
            throw SocketTimeout{"send"};
        }
    }
}

void Socket::join_loop() {
    hub_.loop().add(fd_.get(), *this);
    watched_ = true;
    if (tells_writable_) want_writable();
}

bool Socket::just_read() const noexcept {
    return read_at_ == static_cast<std::uint32_t>(hub_.polls());
}

bool Socket::wait(WaitList& line, const bool& may_go_on, Timespan timeout) {
    if (!fd_) refuse(EBADF, "wait on a closed socket");
    if (may_go_on) return true;
    watch();
    if (&line == &writers_) want_writable();
    Waiter waiter;
    line.push_back(waiter);
    struct Kept {
        Hub& hub;
        explicit Kept(Hub& h) noexcept : hub{h} { hub.keep(); }
        ~Kept() { hub.unkeep(); }
    } const kept{hub_};
    if (!waiter.block(timeout)) return false;
    if (waiter.word() != 0) refuse(waiter.word(), "the socket was closed by another greenlet");
    return true;
}

bool Socket::wait_readable(Timespan timeout) { return wait(readers_, readable_, timeout); }

// A peer that reads slowly makes its writer wait for long, and often many others beside it: what they have used of their
// stacks before is not kept.
bool Socket::wait_writable(Timespan timeout) {
    if (!writable_) trim_stack();
    return wait(writers_, writable_, timeout);
}

void Socket::watch_writable() noexcept {
    tells_writable_ = true;
    want_writable();
}

void Socket::want_writable() noexcept {
    if (!fd_ || !watched_ || writable_ || watches_writable_) return;
    watches_writable_ = true;
    hub_.loop().want_writable(fd_.get(), *this);
}

void Socket::on_events(std::uint32_t events) noexcept {
    if ((events & kPeerFinished) != 0) finished_ = true;
    if ((events & kWritable) != 0) {
        writable_ = true;
        while (!writers_.empty()) writers_.notify_front();
        if (hook_ != nullptr && std::exchange(tells_writable_, false)) hook_->on_writable();
    }
    if ((events & kReadable) != 0) {
        readable_ = true;
        if (readers_.empty()) {
            if (hook_ != nullptr) hook_->on_readable();  // may destroy this socket
            return;
        }
        while (!readers_.empty()) readers_.notify_front();
    }
}

void Socket::set_hook(SocketHook* hook) noexcept {
    if (hook != nullptr && hook_ == nullptr) hub_.keep();
    if (hook == nullptr && hook_ != nullptr) hub_.unkeep();
    hook_ = hook;
}

void Socket::shutdown_write() noexcept {
    if (fd_) ::shutdown(fd_.get(), SHUT_WR);
}

FileDescriptor Socket::release() noexcept {
    set_hook(nullptr);
    if (std::exchange(watched_, false)) hub_.loop().forget(fd_.get(), *this);
    return std::move(fd_);
}

void Socket::close() noexcept {
    if (!fd_) return;
    set_hook(nullptr);
    // Before closing: the kernel gives the number to the next accept().
    if (std::exchange(watched_, false)) hub_.loop().forget_closing(fd_.get(), *this);
    fd_.reset();
    for (WaitList* line : {&readers_, &writers_}) {
        while (!line->empty()) {
            auto& waiter = static_cast<Waiter&>(*line->front());
            waiter.wake(EBADF);
        }
    }
}

}  // namespace grove
