// address.h - where a socket is: an IPv4 or IPv6 host and port, or a unix path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <grove/core/detail/export.h>

struct sockaddr;

namespace grove {

/// A socket address. A value; never asks a resolver.
class GROVE_EXPORT Address {
public:
    Address() noexcept = default;  ///< Unspecified: host "" and port 0.
    /// From the result of accept(2) or a similar call; cut if it is longer than any socket address.
    Address(const sockaddr* address, std::size_t bytes) noexcept;

    /// @param host an IPv4 or IPv6 address, "" for all interfaces (dual stack)
    /// @throws std::invalid_argument if `host` is not an address
    static Address ip(const std::string& host, std::uint16_t port);
    /// @throws std::invalid_argument if the path does not fit a socket address
    static Address unix_path(const std::string& path);
    /// Reads what text() writes: "127.0.0.1:80", "[::1]:80", "unix:/path"; ":80" and "*:80" are all
    /// interfaces (dual stack). Never blocks: a name belongs to resolve().
    /// @throws std::invalid_argument naming the text and what is wrong with it: a name, a zone
    /// ("%eth0"), no port or a port that is not in 0 to 65535, an IPv6 address without brackets
    static Address parse(std::string_view text);
    /// The address of a socket's own end; unspecified if the kernel does not tell. Any descriptor,
    /// any thread.
    static Address local_of(int fd) noexcept;
    /// The address of a socket's other end; otherwise as local_of().
    static Address peer_of(int fd) noexcept;

    [[nodiscard]] bool is_unix() const noexcept;  ///< If so, host() is "" and port() 0.
    /// "127.0.0.1" (also for an IPv4 address mapped into IPv6), "::1"; "" for a unix socket.
    [[nodiscard]] std::string host() const;
    /// In the host's byte order; 0 for a unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] std::string path() const;  ///< The path of a unix socket, else "".
    /// The same address with another port; a unix socket's is returned unchanged.
    [[nodiscard]] Address with_port(std::uint16_t port) const noexcept;
    /// "127.0.0.1:8000", "[::1]:8000", "unix:/run/grove.sock".
    [[nodiscard]] std::string text() const;

    [[nodiscard]] int family() const noexcept;  ///< AF_INET, AF_INET6, AF_UNIX or AF_UNSPEC.
    /// For bind(2) and connect(2); valid as long as this object.
    [[nodiscard]] const sockaddr* data() const noexcept;
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  ///< Bytes used in data().

    /// The same host (a zone of IPv6 counts) and port, or the same unix socket. As for host(), an
    /// IPv4 address mapped into IPv6 is the IPv4 address. Any thread.
    GROVE_EXPORT friend bool operator==(const Address& a, const Address& b) noexcept;

private:
    alignas(8) std::array<unsigned char, 112> storage_{};  // a sockaddr_un is the largest: 110
    std::uint8_t bytes_ = 0;
};

}  // namespace grove
