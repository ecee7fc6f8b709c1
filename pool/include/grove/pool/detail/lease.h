// lease.h - what a ConnectionPool and its leases share: the idle connections, and the way back.
//
// Nothing here is for users; it is public because ConnectionPool is a template. Thread: its hub's.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <grove/core/detail/assert.h>
#include <grove/core/duration.h>
#include <grove/core/errors.h>
#include <grove/core/timeout.h>
#include <grove/pool/connection_pool_options.h>
#include <grove/pool/detail/lease_line.h>

namespace grove::detail {

template <class C>
class LeaseStore;

/// A connection that knows whether another may have it next.
template <class C>
concept KnowsIfClean = requires(const C& connection) {
    { connection.clean() } -> std::same_as<bool>;
};

template <class C>
bool is_clean(const C& connection) {
    if constexpr (KnowsIfClean<C>) {
        return connection.clean();
    } else {
        return true;
    }
}

/// A connection, and when it is too old.
template <class C>
struct Held {
    C connection;
    Deadline lifetime;
};

/// See ConnectionPool::Lease. Owns one permit of the line, and the connection once there is one.
template <class C>
class Lease {
public:
    Lease(Lease&& other) noexcept
        : store_{std::move(other.store_)}, held_{std::exchange(other.held_, std::nullopt)} {}
    Lease& operator=(Lease&& other) noexcept {
        if (this == &other) return *this;
        end();
        store_ = std::move(other.store_);
        held_ = std::exchange(other.held_, std::nullopt);
        exceptions_ = std::uncaught_exceptions();
        return *this;
    }
    ~Lease() { end(); }

    C& operator*() {  ///< The connection, as long as this lease.
        GROVE_ASSERT(held_, "a Lease was used after drop() or a move");
        return held_->connection;
    }
    C* operator->() { return &**this; }  ///< The same.
    /// Closes the connection now. No effect the second time.
    void drop() noexcept {
        held_.reset();
        if (const auto store = std::exchange(store_, nullptr)) store->line_.give_back();
    }

private:
    friend class LeaseStore<C>;

    /// @pre the line's permit was just taken
    explicit Lease(std::shared_ptr<LeaseStore<C>> store) noexcept : store_{std::move(store)} {}

    void end() noexcept {
        if (!held_ || std::uncaught_exceptions() > exceptions_) return drop();
        const auto store = std::exchange(store_, nullptr);
        store->take_back(std::exchange(held_, std::nullopt));
    }

    std::shared_ptr<LeaseStore<C>> store_;  // shared: a lease may outlive the pool
    std::optional<Held<C>> held_;
    int exceptions_ = std::uncaught_exceptions();
};

template <class C>
class LeaseStore {
public:
    LeaseStore(ConnectionPoolOptions options, std::function<C()> open,
               std::function<bool(C&)> usable)
        : options_{options},
          open_{std::move(open)},
          usable_{std::move(usable)},
          line_{options.size} {
        if (!open_) throw std::invalid_argument{"ConnectionPool: no function that opens is given"};
    }

    /// ConnectionPool::acquire(). Static: the pool may be gone when the wait ends.
    static Lease<C> lend(std::shared_ptr<LeaseStore> store, Timespan timeout) {
        const Deadline deadline{timeout};
        std::optional<Held<C>> handed;
        store->line_.take(&handed, timeout);
        Lease<C> lease{store};
        lease.held_ = std::move(handed);
        if (lease.held_) return lease;
        const TimeoutGuard guard{deadline.left()};
        try {
            store->fill(lease);
        } catch (const Timeout& thrown) {
            if (!guard.threw(thrown)) throw;
            throw Timeout{0, *timeout};
        }
        return lease;
    }

    void close() noexcept {
        line_.close();
        while (!idle_.empty()) close_idle(idle_.end() - 1);
    }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    [[nodiscard]] std::size_t in_use() const noexcept { return line_.in_use(); }

private:
    friend class Lease<C>;
    struct Idle {
        Held<C> held;
        Deadline until;
    };

    void fill(Lease<C>& lease) {
        while (!idle_.empty()) {
            const bool fresh = !too_old(idle_.back());
            lease.held_ = std::move(idle_.back().held);
            idle_.pop_back();
            if (fresh && (!usable_ || usable_(lease.held_->connection))) return check_open();
            lease.held_.reset();
        }
        check_open();
        // Room for all that may come back, as that must not fail.
        idle_.reserve(idle_.size() + line_.in_use());
        lease.held_ = Held<C>{open_(), Deadline{options_.lifetime}};
        check_open();
    }
    /// `usable` or `open` may have switched.
    void check_open() const {
        if (line_.closed()) throw ShutDown{"the ConnectionPool was closed"};
    }

    void take_back(std::optional<Held<C>> held) noexcept {
        if (line_.closed() || held->lifetime.passed() || !is_clean(held->connection)) {
            held.reset();
            line_.give_back();
        } else if (line_.taker_waits()) {
            line_.hand_over(std::move(held));
        } else {
            idle_.push_back(Idle{std::move(*held), Deadline{options_.idle}});
            line_.give_back();
        }
        while (!idle_.empty() && too_old(idle_.front())) close_idle(idle_.begin());
    }
    [[nodiscard]] static bool too_old(const Idle& idle) {
        return idle.until.passed() || idle.held.lifetime.passed();
    }
    void close_idle(typename std::vector<Idle>::iterator at) noexcept {
        line_.take_to_close();
        {
            const Idle closed = std::move(*at);
            idle_.erase(at);
        }
        line_.give_back();
    }

    ConnectionPoolOptions options_;
    std::function<C()> open_;
    std::function<bool(C&)> usable_;
    LeaseLine line_;
    std::vector<Idle> idle_;  // the one that came back last at the end
};

}  // namespace grove::detail
