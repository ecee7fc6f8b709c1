#include <grove/core/connect.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <grove/core/detail/socket.h>
#include <grove/core/errors.h>

namespace grove {
namespace {

[[noreturn]] void refuse_address(int error, const Address& address) {
    throw std::system_error{error, std::generic_category(), "connect to " + address.text()};
}

}  // namespace

Stream connect(const Address& address, Timespan timeout) {
    FileDescriptor fd{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) refuse_address(errno, address);
    const int on = 1;
    if (!address.is_unix()) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const bool connected =
        ::connect(fd.get(), address.data(), static_cast<socklen_t>(address.bytes())) == 0;
    if (!connected && errno != EINPROGRESS) refuse_address(errno, address);
    auto socket = std::make_unique<Socket>(std::move(fd));
    if (!connected) {
        socket->expect_connection();
        if (!socket->wait_writable(timeout)) throw SocketTimeout{"connect"};
        int error = 0;
        socklen_t bytes = sizeof error;
        ::getsockopt(socket->fd(), SOL_SOCKET, SO_ERROR, &error, &bytes);
        if (error != 0) refuse_address(error, address);
    }
    return Stream{std::move(socket)};
}

}  // namespace grove
