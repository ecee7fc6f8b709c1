#include <grove/core/detail/datagram_socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/core/detail/listening_socket.h>

#include "open_datagram.h"

namespace grove {
namespace {

// As of a stream's listener: who lives is left alone, and so is what is not a socket.
void unlink_if_stale(const Address& address) {
    struct stat file {};
    const std::string path = address.path();
    if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return;
    const FileDescriptor probe = open_datagram(address);
    if (connect_datagram(probe.get(), address) != 0 && errno == ECONNREFUSED)
        ::unlink(path.c_str());
}

bool for_all_interfaces(const Address& address) {
    return address.family() == AF_INET6 && address.host() == "::";
}

void switch_option(int fd, int level, int option, bool on) {
    const int value = on ? 1 : 0;
    ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

FileDescriptor open_datagram(const Address& address) {
    FileDescriptor fd{::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) {
        throw std::system_error{errno, std::generic_category(),
                                "datagram socket for " + address.text()};
    }
    return fd;
}

int connect_datagram(int fd, const Address& address) noexcept {
    return ::connect(fd, address.data(), static_cast<socklen_t>(address.bytes()));
}

FileDescriptor bind_datagram(const Address& wanted, bool reuse_port) {
    const bool without_ipv6 = for_all_interfaces(wanted) && !has_family(AF_INET6);
    const Address address = without_ipv6 ? Address::ip("0.0.0.0", wanted.port()) : wanted;
    FileDescriptor fd = open_datagram(address);
    if (address.is_unix()) unlink_if_stale(address);
    if (address.family() == AF_INET6)
        switch_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, !for_all_interfaces(address));
    if (reuse_port && !address.is_unix()) switch_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, true);
    if (::bind(fd.get(), address.data(), static_cast<socklen_t>(address.bytes())) != 0)
        throw std::system_error{errno, std::generic_category(), "cannot bind " + address.text()};
    return fd;
}

bool is_datagram_socket(int fd) noexcept {
    int type = 0;
    socklen_t bytes = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 && type == SOCK_DGRAM;
}

std::size_t lost_datagrams(int fd) noexcept {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t bytes = sizeof memory;
    if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory.data(), &bytes) != 0) return 0;
    return memory[SK_MEMINFO_DROPS];
}

}  // namespace grove
