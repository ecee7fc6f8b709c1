// address.h - where a socket is: an IPv4 or IPv6 host and port, or a unix path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <grove/core/detail/export.h>

struct sockaddr;

namespace grove {

/// A socket address. A value; never asks a resolver.
class GROVE_EXPORT Address {
public:
    Address() noexcept = default;  ///< Unspecified: host "" and port 0.
    /// Of what accept(2) and its like gave; cut if it is longer than any socket address.
    Address(const sockaddr* address, std::size_t bytes) noexcept;

    /// @param host an IPv4 or IPv6 address, "" for all interfaces (dual stack)
    /// @throws std::invalid_argument if it is none
    static Address ip(const std::string& host, std::uint16_t port);
    /// @throws std::invalid_argument if the path does not fit a socket address
    static Address unix_path(const std::string& path);
    /// Of a socket's own end; unspecified if the kernel will not say. Any descriptor, any thread.
    static Address local_of(int fd) noexcept;
    /// Of a socket's other end; likewise.
    static Address peer_of(int fd) noexcept;

    [[nodiscard]] bool is_unix() const noexcept;  ///< Then host() is "" and port() 0.
    /// "127.0.0.1" (also for an IPv4 address mapped into IPv6), "::1"; "" of a unix socket.
    [[nodiscard]] std::string host() const;
    /// In the host's byte order; 0 of a unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] std::string path() const;  ///< Of a unix socket, else "".
    /// The same with another port; a unix socket's as it is.
    [[nodiscard]] Address with_port(std::uint16_t port) const noexcept;
    /// "127.0.0.1:8000", "[::1]:8000", "unix:/run/grove.sock".
    [[nodiscard]] std::string text() const;

    [[nodiscard]] int family() const noexcept;  ///< AF_INET, AF_INET6, AF_UNIX or AF_UNSPEC.
    /// For bind(2) and connect(2); lives as long as this.
    [[nodiscard]] const sockaddr* data() const noexcept;
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  ///< Of data() that count.

private:
    alignas(8) std::array<unsigned char, 112> storage_{};  // a sockaddr_un is the largest: 110
    std::uint8_t bytes_ = 0;
};

}  // namespace grove
