// connection_pool.h - connections that are opened when needed, lent, and kept for the next
// (gevent's examples/psycopg2_pool.py).
//
// Thread: belongs to the hub of the thread that made it.
// Order:  callers that find no connection stand in one line, first come, first served. Of the idle
//         connections, the one that came back last is lent first.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include <grove/core/duration.h>
#include <grove/pool/connection_pool_options.h>
#include <grove/pool/detail/lease.h>

namespace grove {

/// C: any movable type that is one open connection, and closes it when it is destroyed. Its move
/// must not throw, its destructor must not switch. If it has `bool clean() const noexcept`, one that
/// says false when its lease ends is closed, and not given back.
///
/// size() never exceeds ConnectionPoolOptions::size. Destroying the pool closes it.
template <class C>
class ConnectionPool {
public:
    /// The right to use one connection; it goes back to the pool when the lease is destroyed. It is
    /// closed instead by drop(), or if an exception (a kill too) leaves the scope of the lease: the
    /// connection may be in the middle of something then. Move-only; may outlive the pool. Its
    /// use after drop() or a move is asserted against.
    using Lease = detail::Lease<C>;

    /// @param open makes a connection; it may block, and may throw
    /// @param usable is asked before a connection is lent that was idle; false: it is closed, and
    /// the next is tried. It may block, and may throw. {}: all are.
    /// @throws std::invalid_argument if the size is 0 or `open` is empty
    ConnectionPool(ConnectionPoolOptions options, std::function<C()> open,
                   std::function<bool(C&)> usable = {})
        : store_{std::make_shared<detail::LeaseStore<C>>(options, std::move(open),
                                                         std::move(usable))} {}
    ~ConnectionPool() { store_->close(); }
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;

    /// Lends a connection: an idle one, or a new one if there are fewer than the size; else waits
    /// in line. One that comes back while somebody waits is handed to the head of the line without
    /// a question to `usable`.
    /// @param timeout covers the line, `usable` and `open` together
    /// @throws Timeout with id 0: `timeout` passed; ShutDown after close(), also while this call
    /// waits; what `usable` or `open` throws, and whatever interrupts the wait. Nothing is lost
    /// then: the place is free again.
    /// @throws std::logic_error on another thread
    Lease acquire(Timespan timeout = {}) { return detail::LeaseStore<C>::lend(store_, timeout); }

    /// idle() + in_use().
    [[nodiscard]] std::size_t size() const noexcept { return idle() + in_use(); }
    /// Open and not lent.
    [[nodiscard]] std::size_t idle() const noexcept { return store_->idle(); }
    /// Lent, or being opened or closed now.
    [[nodiscard]] std::size_t in_use() const noexcept { return store_->in_use(); }
    /// Closes the idle connections now and the others when their leases end; acquire() throws
    /// ShutDown from now on. Never switches. A second call has no effect.
    void close() noexcept { store_->close(); }

private:
    std::shared_ptr<detail::LeaseStore<C>> store_;  // leases and callers in the line have it too
};

}  // namespace grove
