// socket.h - a stream socket that blocks its greenlet, never the thread.
//
// Registered with the hub's loop once, edge-triggered, when first somebody waits for it: a read
// tries only when there may be something, so a request on a kept connection costs one recv and one
// send, and a connection of one request that was there already is never registered. Thread: its
// hub's.
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

/// Told, in the hub, of a socket on which no greenlet waits. Must not block.
class GROVE_EXPORT SocketHook {
public:
    virtual void on_readable() noexcept = 0;  ///< In the hub, once for each change.
    /// Once after each watch_writable(). Must not destroy the socket.
    virtual void on_writable() noexcept = 0;

protected:
    ~SocketHook() = default;
};

/// One greenlet may read while another writes. Several readers, or several writers, are safe, but
/// which of them gets which bytes is nobody's promise. Must outlive its waiters (asserted).
class GROVE_EXPORT Socket final : private FdWatch {
public:
    /// What a call that does not block came to: bytes, or a negative errno (-EAGAIN: would block).
    using Outcome = std::ptrdiff_t;

    /// Takes over a non-blocking stream socket.
    explicit Socket(FileDescriptor fd);
    ~Socket();

    /// Some bytes, at most `into.size()`; 0: the peer finished. Blocks until there are some.
    /// @throws SocketTimeout, std::system_error; whatever interrupts the wait, and then nothing was
    /// read
    std::size_t recv(std::span<char> into, Timespan timeout = {});
    /// All of it, or throws: then some of it may have been sent. `timeout` covers the whole.
    void sendall(std::string_view bytes, Timespan timeout = {});

    Outcome try_recv(std::span<char> into) noexcept;           ///< As recv(), at once.
    Outcome try_send(std::string_view bytes) noexcept;         ///< What fits, at once.
    Outcome try_send(std::span<const iovec> pieces) noexcept;  ///< The same, gathered.
    /// Of a file, by sendfile(2). 0: the file ends at `offset`. Errors of the file are answers too.
    Outcome try_send_file(int file, std::uint64_t offset, std::size_t bytes) noexcept;
    /// Nothing is known to be left to read: try_recv would only answer -EAGAIN. Before watch(): as
    /// far as could be known without events since the last read.
    [[nodiscard]] bool drained() const noexcept { return !readable_ && (watched_ || just_read()); }

    /// @return false: `timeout` passed first. @throws std::system_error (EBADF) if closed meanwhile;
    /// if the loop refuses the descriptor
    bool wait_readable(Timespan timeout = {});
    bool wait_writable(Timespan timeout = {});  ///< Likewise.

    /// Who is told of readable bytes while no greenlet waits for them, from watch() on; nullptr:
    /// nobody. While there is a hook the hub is kept from ending its loop.
    void set_hook(SocketHook* hook) noexcept;
    /// The hook waits from now on. What came before and was not read is told too.
    /// @throws std::system_error if the loop refuses the descriptor
    void watch() {
        if (!watched_ && fd_) join_loop();
    }
    /// try_send() answered -EAGAIN: the hook is told when it may be tried again. @pre watch()
    void watch_writable() noexcept;

    /// Just made, and its owner waits for events alone: whatever has come already brings one.
    void expect_event() noexcept { readable_ = false; }
    /// A connect() is under way: until it ends the socket counts as not writable.
    void expect_connection() noexcept { writable_ = false; }

    /// The peer's recv() gives 0 once it has read all. No effect if closed.
    void shutdown_write() noexcept;
    /// Closes at once; whoever waits gets std::system_error (EBADF). No effect if closed. If a
    /// duplicate of fd() stays open elsewhere, what happens to it still wakes this hub, in vain.
    void close() noexcept;
    /// Gives the descriptor away, unknown to the loop: it counts as closed then. @pre nobody waits
    /// for it
    FileDescriptor release() noexcept;
    /// close() or release() was called.
    [[nodiscard]] bool closed() const noexcept { return !fd_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }  ///< -1 once closed.

private:
    void on_events(std::uint32_t events) noexcept override;
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
    std::uint32_t read_at_ = 0;  // Hub::polls() when it was last found empty, unwatched
    SocketHook* hook_ = nullptr;
    WaitList readers_;
    WaitList writers_;
};

}  // namespace grove
