// base_server.h - a listener, an accept loop, and a graceful stop (gevent.baseserver.BaseServer).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <grove/core/address.h>
#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>
#include <grove/http/listener.h>
#include <grove/http/server_options.h>

namespace grove {
struct ListenOptions;
}

namespace grove::http {

class Intake;

/// Thread: its hub's. The destructor closes a started server. Its handlers must have ended by
/// then, which stop() sees to; else the destructor ends the process (SIGABRT).
class GROVE_EXPORT BaseServer {
public:
    virtual ~BaseServer();
    BaseServer(const BaseServer&) = delete;
    BaseServer& operator=(const BaseServer&) = delete;

    /// Binds, listens and begins to accept. Blocks only to look up a host name. No effect on a
    /// started server. A stopped server starts again on the same (real) address. Clears stopping().
    /// @throws std::system_error naming the address; the server is closed then.
    ///         std::logic_error for a second start of a server made from a descriptor
    void start();
    /// Stops accepting and closes the listener; handlers go on. Does not block. No effect the
    /// second time.
    void close();
    /// Sets stopping(), then close(), then waits for the handlers, at most options.stop_timeout;
    /// then kills the remaining handlers with GreenletExit and gives them a second to unwind. A
    /// handler may call stop(): neither its own call nor another handler's simultaneous call waits
    /// for it or kills it.
    void stop();
    /// The same with the given time-out; nullopt: as long as the handlers take.
    void stop(Timespan timeout);
    /// Starts the server if need be, and blocks until it is stopped or closed. An interrupted call
    /// stops the server first (shielded). A server that was started anew meanwhile is left alone.
    /// @throws std::system_error if the listener failed for good
    void serve_forever();
    /// The same; `stop_timeout` takes the place of options.stop_timeout for the stop() in here.
    void serve_forever(Timespan stop_timeout);

    /// Accepts now every connection that the kernel has queued, as far as there is room. Does not
    /// block.
    void accept_queued();

    /// start() succeeded, and neither close() nor stop() was called after it.
    [[nodiscard]] bool started() const noexcept;
    /// Not started(); but a server made from a descriptor is not closed before its first start.
    [[nodiscard]] bool closed() const noexcept;
    /// Pauses accepting; clients wait in the kernel's queue meanwhile.
    void stop_accepting();
    void start_accepting();  ///< Resumes accepting.

    /// In Listener's form, with the real port once started: "127.0.0.1:8000", "unix:/path". For a
    /// host name with several addresses, the first; all of them have this port.
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::string server_host() const;             ///< "" for a unix socket
    [[nodiscard]] std::uint16_t server_port() const noexcept;  ///< 0 for a unix socket

protected:
    /// Opens nothing. @throws std::invalid_argument for contradictory options
    BaseServer(Listener listener, ServerOptions options);

    /// Takes an accepted connection: non-blocking, close-on-exec. Called in the hub, so it must not
    /// block. An exception is reported, and accepting pauses.
    virtual void accepted(FileDescriptor fd, const Address& peer) = 0;
    /// No connection may be accepted now. Call accept_more() when that changes.
    virtual bool full() = 0;
    /// No descriptor is left for a newcomer: closes a connection that can go. Called in the hub, so
    /// it must not block.
    /// @return false: no connection can go
    virtual bool give_one_up() noexcept { return false; }
    /// Opens a socket at one of the addresses. A server of something else than connections
    /// overrides this and take_from(). @throws std::system_error naming the address
    virtual FileDescriptor open_socket(const Address& address, const ListenOptions& options);
    /// What takes newcomers from such a socket: for connections, by accepted().
    virtual std::unique_ptr<Intake> take_from(FileDescriptor socket);
    /// Called when the listener is open and accepting is about to begin. The address is known.
    virtual void opening() {}
    /// Called when the listener is closed: idle connections may go.
    virtual void closing() {}
    /// Waits until no handler but the caller's own runs. @return false: `timeout` passed first
    virtual bool join_handlers(Timespan timeout) = 0;
    /// Kills all handlers but the caller's own with GreenletExit and gives them a second to unwind.
    virtual void kill_handlers() = 0;

    /// The address that every client of a started server connects to. Unspecified if there is no
    /// such address: the listener is for all interfaces, or for a host name with several addresses.
    [[nodiscard]] Address sole_address() const;
    void accept_more() noexcept;  ///< There may be room again. Does not block.
    /// An accepted connection was lost for lack of memory: accepting pauses.
    void accept_failed() noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
