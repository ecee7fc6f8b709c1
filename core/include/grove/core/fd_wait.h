// fd_wait.h - waiting for any descriptor (gevent.socket.wait_read, wait_write, wait).
//
// For a program's own descriptors, and for descriptors of libraries that tell which descriptor to
// wait for. A Socket is registered with the loop once and costs less. Thread: any; the wait belongs
// to that thread's hub.
#pragma once

#include <cstddef>
#include <cstdint>

#include <grove/core/detail/export.h>
#include <grove/core/detail/loop.h>
#include <grove/core/duration.h>
#include <grove/core/file_descriptor.h>

namespace grove {

class Hub;
class Waiter;

/// Blocks the greenlet until `fd` may be read (or written) without blocking, at most `timeout`. A
/// file that cannot be polled is always ready. The descriptor must stay open meanwhile; several
/// greenlets may wait for it: all are told, even if another greenlet has already taken everything.
/// @return false: `timeout` passed first. @throws std::system_error, such as EBADF
GROVE_EXPORT bool wait_readable(int fd, Timespan timeout = {});
GROVE_EXPORT bool wait_writable(int fd, Timespan timeout = {});

/// The operations that a descriptor is waited for, or was found ready for.
enum class Ready : std::uint8_t {
    kNone = 0,   ///< Nothing.
    kRead = 1,   ///< read(2) would not block: bytes, a connection, the end or an error is there.
    kWrite = 2,  ///< write(2) would not block.
    kBoth = 3,   ///< Reading and writing.
};
/// All that `a` or `b` has.
[[nodiscard]] constexpr Ready operator|(Ready a, Ready b) noexcept {
    return static_cast<Ready>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// What both `a` and `b` have.
[[nodiscard]] constexpr Ready operator&(Ready a, Ready b) noexcept {
    return static_cast<Ready>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/// Blocks the greenlet until `fd` is ready for some of `interest`, at most `timeout`; 0 or less: it
/// only looks, and never switches. After a hang-up or an error, all that was asked counts as ready;
/// the same holds for a file that cannot be polled. The descriptor must stay open meanwhile;
/// several greenlets may wait for it.
/// @return what of `interest` is ready now; kNone: `timeout` passed first
/// @throws std::invalid_argument if `interest` is kNone; std::system_error, such as EBADF;
/// whatever interrupts the wait
GROVE_EXPORT Ready wait_fd(int fd, Ready interest, Timespan timeout = {});

/// wait_fd() for a descriptor that is waited for again and again, such as a database driver's: the
/// loop is told of it at the first wait that blocks (and at the first for writing), not at each.
///
/// One greenlet may wait for reading while another waits for writing. Must outlive its waiters
/// (asserted). Thread: its hub's; on another, calls throw std::logic_error.
class GROVE_EXPORT FdWaiter final : private FdWatch {
public:
    /// Looks at nothing yet. The descriptor still belongs to its owner, who keeps it open until
    /// forget().
    explicit FdWaiter(int fd);
    ~FdWaiter();

    /// As wait_fd(): what is ready now, also if nothing has changed since the last wait.
    /// @throws std::logic_error if it would have to wait, and another greenlet waits for the same
    /// interest
    /// @throws std::system_error (EBADF) also if forget() was called meanwhile
    Ready wait(Ready interest, Timespan timeout = {});
    /// The same for less, for a caller who awaits the answer to what it has just sent, without a switch
    /// since, and may read in vain: the loop's word is taken for it, and the descriptor is looked at
    /// only if the loop has told of a change while nobody waited, or of the peer's end.
    Ready wait_answer(Ready interest, Timespan timeout = {});
    /// To be called before the owner closes the descriptor, which otherwise stays open in the loop:
    /// the peer would not see the end. Calls that wait throw std::system_error (EBADF). A later
    /// wait() registers anew, with whatever has the descriptor's number then. Never switches.
    void forget();

private:
    friend bool wait_readable(int fd, Timespan timeout);
    friend bool wait_writable(int fd, Timespan timeout);
    struct Waiting;

    static bool wait_for(int fd, Ready interest, Timespan timeout);

    void on_events(std::uint32_t events) noexcept override;
    void watch(Ready interest);
    void unwatch() noexcept;
    bool block(Ready interest, Timespan timeout);

    Hub& hub_;
    int fd_;
    FileDescriptor watched_;  // a duplicate of fd_, which the loop knows; none yet
    bool watches_writable_ = false;
    bool missed_ = false;    // a change that no greenlet was waiting for
    bool finished_ = false;  // the peer's end was told of: no more events may come
    Waiter* reader_ = nullptr;
    Waiter* writer_ = nullptr;
    std::size_t waiting_ = 0;  // greenlets in block(), those that are woken too
    std::uint64_t forgotten_ = 0;
};

}  // namespace grove
