// rlock.h - a lock that its greenlet may take again (gevent.lock.RLock).
//
// Thread: belongs to the hub of the thread that made it; other threads get std::logic_error.
// Order:  first come, first served.
#pragma once

#include <cstddef>
#include <cstdint>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/core/semaphore.h>

namespace grove {

/// Belongs to a greenlet from its first acquire() to the release() that matches. Must outlive its
/// waiters (asserted).
///
/// A greenlet that ends does not release what it owns: release in a destructor. All calls from the
/// hub count as one greenlet's.
class GROVE_EXPORT RLock {
public:
    RLock();  ///< Nobody's.

    /// Takes the lock, or takes it once more. If another greenlet owns it, or others stand in line,
    /// and `blocking`, switches until the caller owns it, at most `timeout`.
    /// @return false iff not blocking, or `timeout` passed first; then nothing was taken
    /// @throws BlockingInHub if it would have to wait inside a hub callback
    /// @throws whatever a kill or a TimeoutGuard raises in the waiter; nothing was taken
    bool acquire(bool blocking = true, Timespan timeout = {});
    /// Undoes one acquire(); the last gives the lock to the greenlet that waits longest. Never
    /// switches.
    /// @throws std::logic_error if the running greenlet does not own it; nothing has changed then
    void release();
    /// A greenlet owns it, the caller perhaps. Never switches.
    [[nodiscard]] bool locked() const noexcept { return free_.locked(); }

private:
    Hub& hub_;
    Semaphore free_;
    std::uint64_t owner_ = 0;  // its id(); 0: nobody, or whoever it was handed to has yet to run
    std::size_t times_ = 0;    // that the owner has taken it
};

}  // namespace grove
