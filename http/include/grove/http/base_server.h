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

namespace grove::http {

/// Thread: its hub's. Destroying a started server closes it; its handlers must have ended (asserted).
class GROVE_EXPORT BaseServer {
public:
    virtual ~BaseServer();
    BaseServer(const BaseServer&) = delete;
    BaseServer& operator=(const BaseServer&) = delete;

    /// Binds, listens and begins to accept; does not block, but to look up a host name. Started already: no effect. A stopped server
    /// starts again on the same (real) address.
    /// @throws std::system_error naming the address; the server is closed then.
    ///         std::logic_error for a second start of a server made from a descriptor
    void start();
    /// Stops accepting and closes the listener; handlers go on. Does not block. Twice: no effect.
    void close();
    /// close(), then waits for the handlers, at most options.stop_timeout; kills those that are left with
    /// GreenletExit and gives them a second to unwind. A handler that calls it is neither waited for nor
    /// killed itself, nor by other handlers that call it at the same time.
    void stop();
    /// The same with a time-out of its own; nullopt: as long as it takes.
    void stop(Timespan timeout);
    /// Starts if need be and blocks until the server is stopped or closed. Interrupted, it stops the server
    /// first (shielded). A server that was started anew meanwhile is left alone.
    /// @throws std::system_error if the listener failed for good
    void serve_forever();
    /// The same; `stop_timeout` is for the stop() when it is interrupted.
    void serve_forever(Timespan stop_timeout);

    /// Accepts at once all that the kernel has queued, as far as there is room. Does not block.
    void accept_queued();

    /// start() succeeded, and neither close() nor stop() came after it.
    [[nodiscard]] bool started() const noexcept;
    [[nodiscard]] bool closed() const noexcept;  ///< Not started().
    /// Pause and resume accepting; clients wait in the kernel's queue meanwhile.
    void stop_accepting();
    void start_accepting();  ///< See stop_accepting().

    /// As Listener takes it, with the real port once started: "127.0.0.1:8000", "unix:/path". Of a host name
    /// with several addresses, which all have this port: the first.
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::string server_host() const;             ///< "" of a unix socket
    [[nodiscard]] std::uint16_t server_port() const noexcept;  ///< 0 of a unix socket

protected:
    /// Opens nothing. @throws std::invalid_argument for options that contradict
    BaseServer(Listener listener, ServerOptions options);

    /// An accepted connection: non-blocking, close-on-exec. In the hub: must not block. What it throws is
    /// reported, and accepting pauses.
    virtual void accepted(FileDescriptor fd, const Address& peer) = 0;
    /// No connection may be accepted now. accept_more() is to be called when that changes.
    virtual bool full() = 0;
    /// There is no descriptor for a newcomer: closes a connection that can go. In the hub; must not block.
    /// @return false: there is none
    virtual bool give_one_up() noexcept { return false; }
    /// The listener is open, and accepting is about to begin.
    virtual void opening() {}
    /// The listener is closed: what is idle may go.
    virtual void closing() {}
    /// Waits until no handler runs, the caller's own excepted. @return false: `timeout` passed first
    virtual bool join_handlers(Timespan timeout) = 0;
    /// Kills all but the caller's own with GreenletExit. Does not wait.
    virtual void kill_handlers() = 0;

    void accept_more() noexcept;  ///< There may be room again. Does not block.
    /// An accepted connection was lost for lack of memory: accepting pauses.
    void accept_failed() noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace grove::http
