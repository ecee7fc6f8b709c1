// client_watch.h - looks after the client of a request while the application does something else.
//
// Made for an application that asks (Environ::disconnected()), and for each one under timeouts.abandoned; a request
// without either has none. The loop tells of the socket, the connection passes that on, and whoever reads or sends
// tells what it met.
#pragma once

#include <cstdint>
#include <optional>

#include <grove/core/detail/timer.h>
#include <grove/core/duration.h>
#include <grove/core/event.h>
#include <grove/core/timeout.h>

namespace grove {
class Socket;
}

namespace grove::http {

class BodyFraming;
class RequestState;

/// The client at the other end has been reset: nothing can be sent to it. One that has only sent its end has not. A
/// system call; never blocks.
[[nodiscard]] bool was_reset(const Socket& socket) noexcept;

/// timeouts.abandoned of one request: kills the greenlet that made it. Must die in that greenlet.
class Abandonment final : private Timer {
public:
    explicit Abandonment(Duration patience);
    ~Abandonment() override { cancel(); }
    Abandonment(const Abandonment&) = delete;
    Abandonment& operator=(const Abandonment&) = delete;

    /// The client has gone: the time runs from the first call.
    void begin() noexcept;
    /// Nothing is thrown from here on.
    void cancel() noexcept;

private:
    void expired() noexcept override { guard_.throw_again(); }

    const Duration patience_;
    TimeoutGuard guard_;  // never armed: it throws when told
    bool begun_ = false;
};

class ClientWatch {
public:
    enum class Gone : std::uint8_t {
        kFinished,  // it sends nothing more, but may read
        kBroken     // it was reset, or nothing can be sent to it any more
    };

    /// Looks at once, and at each change from here on.
    /// @param body  the request's: while it is not complete, what comes is left to its reader
    /// @param abandoned  how long the caller, which serves the request, may go on without a client; nullopt: any time
    /// @throws std::system_error if the loop refuses the socket
    ClientWatch(RequestState& request, const BodyFraming& body, Timespan abandoned);
    /// Wakes whoever waits.
    ~ClientWatch();
    ClientWatch(const ClientWatch&) = delete;
    ClientWatch& operator=(const ClientWatch&) = delete;

    /// Environ::disconnected(): set once the client has gone.
    [[nodiscard]] Event& gone() noexcept { return gone_; }

    /// Something came, or was consumed. Never blocks; a system call or two, none if nothing came.
    void look() noexcept;
    /// Whoever reads or sends has met it.
    void tell(Gone how) noexcept;
    /// The application has made its answer, or has the connection itself.
    void stop_abandoning() noexcept;

private:
    [[nodiscard]] std::optional<Gone> look_into_tls() noexcept;
    [[nodiscard]] std::optional<Gone> look_at_socket() noexcept;

    RequestState& request_;
    const BodyFraming& body_;
    Event gone_;
    std::optional<Abandonment> abandonment_;
};

}  // namespace grove::http
