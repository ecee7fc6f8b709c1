// listener.h - a server's address, and how it spawns handlers (gevent.baseserver). Plain values.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include <grove/core/detail/export.h>

namespace grove {
class Pool;
}

namespace grove::http {

/// An address: "127.0.0.1:0", "[::1]:80", "unix:/path"; ":80", "*:80" and "80" for all interfaces,
/// IPv4 and (if the kernel has it) IPv6; "localhost:80" for all addresses of a host name, with one
/// port. Or a socket that listens already (for a DatagramServer: a bound datagram socket); the server
/// takes the socket over when it starts. Making a Listener opens nothing.
class GROVE_EXPORT Listener {
public:
    /// @throws std::invalid_argument naming the text, if the text is not an address
    Listener(std::string text);
    Listener(const char* text) : Listener{std::string{text}} {}  ///< As above.
    /// @throws std::invalid_argument if it is neither a listening nor a datagram socket
    Listener(int listening_fd);
    /// A socket that listens, or is only bound: its clients are served once somebody calls
    /// listen(2).
    static Listener bound(int fd) noexcept;

    /// "" for a descriptor.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] int fd() const noexcept { return fd_; }  ///< -1 for an address.

private:
    Listener() = default;

    std::string text_;
    int fd_ = -1;
};

/// How handlers run: each in a greenlet, whose number a pool may bound.
class GROVE_EXPORT Spawn {
public:
    struct Unbounded {};
    struct Raw {};
    struct None {};
    /// The form of running.
    using Form = std::variant<Unbounded, std::shared_ptr<Pool>, int, Raw, None>;

    Spawn() noexcept = default;  ///< Each in a greenlet, without a bound.
    /// Each handler runs in a greenlet of this pool, which others may use, too.
    /// @throws std::invalid_argument if null
    Spawn(std::shared_ptr<Pool> pool);
    /// Each handler runs in a greenlet of the server's own pool, which has `size` slots. @throws
    /// std::invalid_argument if negative
    Spawn(int size);
    static Spawn raw() noexcept;  ///< Each in a greenlet that stop() neither waits for nor kills.
    /// Handlers run in the hub, where nothing may block, not even the TLS handshake of a
    /// StreamServer.
    static Spawn none() noexcept;

    [[nodiscard]] const Form& form() const noexcept { return form_; }  ///< For servers.

private:
    Form form_ = Unbounded{};
};

}  // namespace grove::http
