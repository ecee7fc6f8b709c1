#include <grove/core/datagram.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/detail/datagram_socket.h>
#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>

#include "open_datagram.h"

namespace grove {
namespace {

// The loop does not tell when another unix socket's queue has room again: asked anew after this.
constexpr Duration kAskAgain = std::chrono::milliseconds{10};

[[noreturn]] void refuse_call(int error, const std::string& what) {
    throw std::system_error{error, std::generic_category(), what};
}

// A call that does not block, again and again until it does what it should, or fails.
template <class Call, class Wait>
std::size_t call_until_done(Socket& socket, Call call, Wait wait, const char* name) {
    for (;;) {
        if (socket.closed()) refuse_call(EBADF, name);
        const ssize_t done = call(socket.fd());
        if (done >= 0) return static_cast<std::size_t>(done);
        if (errno == EAGAIN) {
            wait();
        } else if (errno != EINTR) {
            refuse_call(errno, name);
        }
    }
}

template <class Call>
std::size_t receive(Socket& socket, Timespan timeout, Call call) {
    const Deadline deadline{timeout};
    const auto wait = [&] {
        socket.expect_event();
        if (!socket.wait_readable(deadline.left())) throw SocketTimeout{"recvfrom"};
    };
    return call_until_done(socket, call, wait, "recvfrom");
}

template <class Call>
void transmit(Socket& socket, Timespan timeout, Call call) {
    const Deadline deadline{timeout};
    const auto wait = [&] {
        const Timespan left = deadline.left();
        if (left && *left == Duration::zero()) throw SocketTimeout{"sendto"};
        socket.expect_connection();  // not writable, until an event tells
        socket.wait_writable(left ? std::min(*left, kAskAgain) : kAskAgain);
    };
    call_until_done(socket, call, wait, "sendto");
}

}  // namespace

/// The file of a unix socket that was bound here; unlinks it, unless it is another's by now.
class Datagram::BoundFile {
public:
    explicit BoundFile(std::string path) : path_{std::move(path)} {
        struct stat file {};
        if (::stat(path_.c_str(), &file) == 0) inode_ = file.st_ino;
    }
    BoundFile(const BoundFile&) = delete;
    BoundFile& operator=(const BoundFile&) = delete;
    ~BoundFile() {
        struct stat file {};
        const bool ours = ::lstat(path_.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) &&
                          file.st_ino == inode_ && ::getpid() == maker_;
        if (ours) ::unlink(path_.c_str());
    }

private:
    std::string path_;
    ino_t inode_ = 0;
    pid_t maker_ = ::getpid();  // a child of fork() has a copy of this, and leaves the file alone
};

Datagram Datagram::bind(const Address& local) {
    FileDescriptor fd = bind_datagram(local);
    return {std::move(fd), local.is_unix() ? std::make_unique<BoundFile>(local.path()) : nullptr};
}

Datagram Datagram::connect(const Address& peer) {
    FileDescriptor fd = open_datagram(peer);
    if (peer.is_unix()) {
        const sa_family_t family = AF_UNIX;  // this alone: the kernel gives it a name (unix(7))
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&family), sizeof family);
    }
    if (connect_datagram(fd.get(), peer) != 0)
        refuse_call(errno, "cannot connect to " + peer.text());
    return {std::move(fd), nullptr};
}

Datagram::Datagram(FileDescriptor fd) : Datagram{std::move(fd), nullptr} {}

Datagram::Datagram(FileDescriptor fd, std::unique_ptr<BoundFile> file) : file_{std::move(file)} {
    if (!is_datagram_socket(fd.get()))
        refuse_call(EPROTOTYPE, "Datagram: the descriptor is not a datagram socket");
    if (::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK) != 0)
        refuse_call(errno, "Datagram: fcntl");
    socket_ = std::make_unique<Socket>(std::move(fd));
}

Datagram::Datagram(Datagram&& other) noexcept = default;
Datagram& Datagram::operator=(Datagram&& other) noexcept {
    socket_ = std::move(other.socket_);
    file_ = std::move(other.file_);
    return *this;
}
Datagram::~Datagram() = default;

Socket& Datagram::socket() const {
    if (socket_ == nullptr) refuse_call(EBADF, "the Datagram was moved away");
    return *socket_;
}

std::size_t Datagram::recv_from(std::span<char> into, Address& from, Timespan timeout) {
    sockaddr_storage sender;
    socklen_t bytes = 0;
    const std::size_t got = receive(socket(), timeout, [&](int fd) {
        bytes = sizeof sender;
        return ::recvfrom(fd, into.data(), into.size(), 0, reinterpret_cast<sockaddr*>(&sender),
                          &bytes);
    });
    from = bytes > sizeof(sa_family_t) ? Address{reinterpret_cast<const sockaddr*>(&sender), bytes}
                                       : Address{};
    return got;
}

std::size_t Datagram::recv(std::span<char> into, Timespan timeout) {
    return receive(socket(), timeout,
                   [&](int fd) { return ::recv(fd, into.data(), into.size(), 0); });
}

void Datagram::send_to(std::string_view bytes, const Address& to, Timespan timeout) {
    transmit(socket(), timeout, [&](int fd) {
        return ::sendto(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, to.data(),
                        static_cast<socklen_t>(to.bytes()));
    });
}

void Datagram::send(std::string_view bytes, Timespan timeout) {
    transmit(socket(), timeout,
             [&](int fd) { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
}

Address Datagram::local() const {
    return socket_ != nullptr ? Address::local_of(socket_->fd()) : Address{};
}
int Datagram::fd() const noexcept { return socket_ != nullptr ? socket_->fd() : -1; }

void Datagram::close() {
    if (socket_ != nullptr) socket_->close();
    file_.reset();
}

}  // namespace grove
