// stream_pair.h - two connected plain streams: over TCP on a free port, or a unix socketpair.
#pragma once

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

#include <grove/core/connect.h>
#include <grove/core/detail/listening_socket.h>
#include <grove/core/detail/socket.h>
#include <grove/core/fd_wait.h>
#include <grove/core/stream.h>

namespace grove::test {

struct StreamPair {
    Stream client;
    Stream server;
};

inline Stream accept_one(const FileDescriptor& listener) {
    for (;;) {
        FileDescriptor fd{
            ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (fd) return Stream{std::make_unique<Socket>(std::move(fd))};
        if (errno != EAGAIN) throw std::system_error{errno, std::generic_category(), "accept"};
        wait_readable(listener.get());
    }
}

inline StreamPair tcp_pair() {
    const FileDescriptor listener = listen_on(Address::ip("127.0.0.1", 0));
    Stream client = connect(Address::local_of(listener.get()));
    return {std::move(client), accept_one(listener)};
}

inline StreamPair unix_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    return {Stream{std::make_unique<Socket>(FileDescriptor{fds[0]})},
            Stream{std::make_unique<Socket>(FileDescriptor{fds[1]})}};
}

}  // namespace grove::test
