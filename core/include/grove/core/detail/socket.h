// socket.h - a stream socket that blocks its greenlet, never the thread.
//
// A socket is registered with the hub's loop once, edge-triggered, when somebody first waits for
// it. A read tries only when there may be something: a request on a kept connection costs one recv
// and one send, and a connection whose only request was there already is never registered. Thread:
// its hub's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <grove/core/detail/export.h>
#include <grove/core/detail/loop.h>
#include <grove/core/detail/wait_list.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>

struct iovec;

namespace grove {

class Hub;

/// Is told, in the hub, of a socket on which no greenlet waits. Must not block.
class GROVE_EXPORT SocketHook {
public:
    virtual void on_readable() noexcept = 0;  ///< Once for each change.
    /// Once after each watch_writable(). Must not destroy the socket.
    virtual void on_writable() noexcept = 0;

protected:
    ~SocketHook() = default;
};

/// One greenlet may read while another writes. Several readers, or several writers, are safe, but
/// which of them gets which bytes is unspecified. Must outlive its waiters (asserted).
class GROVE_EXPORT Socket final : private FdWatch {
public:
    /// The outcome of a call that does not block: bytes, or a negative errno (-EAGAIN: would
    /// block).
    using Outcome = std::ptrdiff_t;

    /// Takes over a non-blocking stream socket, or an end of a pipe.
    explicit Socket(FileDescriptor fd);
    ~Socket();

    /// Receives some bytes, at most `into.size()`; blocks until there are some.
    /// @return 0: the peer finished
    /// @throws SocketTimeout, std::system_error; whatever interrupts the wait: nothing was read
    /// then
    std::size_t recv(std::span<char> into, Timespan timeout = {});
    /// Sends all of `bytes`, or throws: some of them may have been sent then. `timeout` covers the
    /// whole call.
    void sendall(std::string_view bytes, Timespan timeout = {});

    Outcome try_recv(std::span<char> into) noexcept;           ///< As recv(), never blocks.
    Outcome try_send(std::string_view bytes) noexcept;         ///< Sends what fits.
    Outcome try_send(std::span<const iovec> pieces) noexcept;  ///< The same, gathered.
    /// Sends bytes of a file, by sendfile(2). 0: the file ends at `offset`. Errors of the file are
    /// returned too.
    Outcome try_send_file(int file, std::uint64_t offset, std::size_t bytes) noexcept;
    /// As far as is known, nothing is left to read: try_recv() would only return -EAGAIN. Before
    /// watch(), this is known from the last read alone.
    [[nodiscard]] bool drained() const noexcept { return !readable_ && (watched_ || just_read()); }
    /// An event has told of the peer's end or of a reset; bytes may be left to read. @pre watch()
    [[nodiscard]] bool finished() const noexcept { return finished_; }

    /// Blocks until try_recv() may succeed.
    /// @return false: `timeout` passed first. @throws std::system_error if the loop refuses the
    /// descriptor, or (EBADF) if the socket is closed meanwhile
    bool wait_readable(Timespan timeout = {});
    bool wait_writable(Timespan timeout = {});  ///< Likewise.

    /// Sets who is told, from watch() on, of readable bytes for which no greenlet waits; nullptr:
    /// nobody. While there is a hook, the hub is kept from ending its loop.
    void set_hook(SocketHook* hook) noexcept;
    /// From now on the hook is told, also of bytes that came before and were not read.
    /// @throws std::system_error if the loop refuses the descriptor
    void watch() {
        if (!watched_ && fd_) join_loop();
    }
    /// After -EAGAIN of try_send(): the hook is told when it may be tried again. @pre watch()
    void watch_writable() noexcept;

    /// For a socket just made, whose owner waits for events alone: bytes that have come already
    /// bring an event.
    void expect_event() noexcept { readable_ = false; }
    /// Forgets what is known from events and reads: the socket is not drained() before the next try.
    void look_again() noexcept { readable_ = true; }
    /// A connect() is under way: until it ends, the socket counts as not writable.
    void expect_connection() noexcept { writable_ = false; }

    /// The peer's recv() gives 0 once it has read all bytes. No effect if closed.
    void shutdown_write() noexcept;
    /// Closes at once; calls that wait throw std::system_error (EBADF). No effect if closed. If a
    /// duplicate of fd() stays open elsewhere, its events still wake this hub, in vain.
    void close() noexcept;
    /// Gives the descriptor away, unknown to the loop; the socket counts as closed then. @pre
    /// nobody waits for it
    FileDescriptor release() noexcept;
    /// close() or release() was called.
    [[nodiscard]] bool closed() const noexcept { return !fd_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }  ///< -1 once closed.

private:
    void on_events(std::uint32_t events) noexcept override;
    Outcome try_read(std::span<char> into) noexcept;
    Outcome try_write(std::string_view bytes) noexcept;
    void join_loop();
    [[nodiscard]] bool just_read() const noexcept;
    bool wait(WaitList& line, const bool& may_go_on, Timespan timeout);
    void want_writable() noexcept;

    Hub& hub_;
    FileDescriptor fd_;
    bool watched_ = false;  // the loop knows it
    bool readable_ = true;  // or nobody has looked yet
    bool writable_ = true;
    bool finished_ = false;  // the peer's end was announced: a short read does not mean drained
    bool watches_writable_ = false;
    bool tells_writable_ = false;
    std::uint32_t read_at_ = 0;  // Hub::polls() when the unwatched socket was last found empty
    SocketHook* hook_ = nullptr;
    WaitList readers_;
    WaitList writers_;
};

}  // namespace grove
