#include <grove/core/detail/listening_socket.h>

#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grove {
namespace {

[[noreturn]] void refuse(const char* call, const Address& address) {
    throw std::system_error{errno, std::generic_category(),
                            std::string{call} + " " + address.text()};
}

void set(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
}

FileDescriptor open_socket(const Address& address) {
    FileDescriptor fd{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) refuse("socket for", address);
    return fd;
}

// A server that died leaves its socket file behind. One that lives answers, and is left alone; so
// is a file that is no socket (bind reports both).
void unlink_stale(const Address& address) {
    struct stat file {};
    const std::string path = address.path();
    if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return;
    const FileDescriptor probe = open_socket(address);
    if (::connect(probe.get(), address.data(), static_cast<socklen_t>(address.bytes())) != 0 &&
        errno == ECONNREFUSED)
        ::unlink(path.c_str());
}

bool all_interfaces(const Address& address) {
    return address.family() == AF_INET6 && address.host() == "::";
}

bool means_no_family(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

FileDescriptor listen_just_on(const Address& address, const ListenOptions& options) {
    FileDescriptor fd = open_socket(address);
    if (address.is_unix()) {
        unlink_stale(address);
    } else {
        if (options.reuse_addr) set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
        if (options.reuse_port) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
        if (address.family() == AF_INET6) {
            // All interfaces means IPv4 too; a named IPv6 address means only itself.
            set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, all_interfaces(address) ? 0 : 1);
        }
        set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (::bind(fd.get(), address.data(), static_cast<socklen_t>(address.bytes())) != 0)
        refuse("cannot bind", address);
    if (options.others_may_join && !address.is_unix()) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (!options.bind_only && ::listen(fd.get(), options.backlog) != 0)
        refuse("cannot listen on", address);
    return fd;
}

}  // namespace

FileDescriptor listen_on(const Address& address, const ListenOptions& options) {
    try {
        return listen_just_on(address, options);
    } catch (const std::system_error& error) {
        if (!all_interfaces(address) || !means_no_family(error.code().value())) throw;
    }
    return listen_just_on(Address::ip("0.0.0.0", address.port()), options);
}

bool has_family(int family) noexcept {
    if (family != AF_INET && family != AF_INET6) return true;
    const Address loopback = Address::ip(family == AF_INET ? "127.0.0.1" : "::1", 0);
    const FileDescriptor fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return (fd &&
            ::bind(fd.get(), loopback.data(), static_cast<socklen_t>(loopback.bytes())) == 0) ||
           !means_no_family(errno);
}

}  // namespace grove
