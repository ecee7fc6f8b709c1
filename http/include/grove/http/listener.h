// listener.h - where a server listens, how it spawns handlers (gevent.baseserver). Plain values.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include <grove/core/detail/export.h>

namespace grove {
class Pool;
}

namespace grove::http {

/// "127.0.0.1:0", "[::1]:80", "unix:/path"; ":80", "*:80" and "80" for all interfaces, IPv4 and (if the kernel has
/// it) IPv6; "localhost:80" for all addresses of a host name, with one port; or a socket that listens already,
/// which the server takes over when it starts. Making one opens nothing.
class GROVE_EXPORT Listener {
public:
    Listener(std::string text);  ///< @throws std::invalid_argument naming a text that is no address
    Listener(const char* text) : Listener{std::string{text}} {}  ///< As above.
    Listener(int listening_fd);  ///< @throws std::invalid_argument if it is no listening socket
    /// Also one that is only bound: whom it queues once somebody calls listen(2) is served.
    static Listener bound(int fd) noexcept;

    [[nodiscard]] const std::string& text() const noexcept {
        return text_;
    }                                                      ///< "" of a descriptor.
    [[nodiscard]] int fd() const noexcept { return fd_; }  ///< -1 of an address.

private:
    Listener() = default;

    std::string text_;
    int fd_ = -1;
};

/// How handlers are run: each in a greenlet, of which a pool bounds the number.
class GROVE_EXPORT Spawn {
public:
    struct Unbounded {};
    struct Raw {};
    struct None {};
    /// Which of them it is.
    using Form = std::variant<Unbounded, std::shared_ptr<Pool>, int, Raw, None>;

    Spawn() noexcept = default;  ///< A greenlet each, without a bound.
    Spawn(
        std::shared_ptr<Pool>
            pool);  ///< Of this pool, which others may use too. @throws std::invalid_argument if null
    Spawn(int size);  ///< Of a pool of its own. @throws std::invalid_argument if negative
    static Spawn raw() noexcept;  ///< A greenlet each that stop() neither waits for nor kills.
    /// In the hub, where nothing may block: no handshake of a StreamServer either.
    static Spawn none() noexcept;

    [[nodiscard]] const Form& form() const noexcept { return form_; }  ///< For servers.

private:
    Form form_ = Unbounded{};
};

}  // namespace grove::http
