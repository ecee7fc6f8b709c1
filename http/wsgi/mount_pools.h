// mount_pools.h - requests that wait for the pool of their mount, before they wait for a slot of the server's.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <grove/core/detail/timer.h>
#include <grove/core/hub.h>
#include <grove/core/semaphore.h>

#include "connection.h"
#include "deadline_line.h"

namespace grove::http {

struct MountTerms;
struct ServiceTerms;

/// A request keeps what it takes of a pool until leave_mount_pool().
class MountPools {
public:
    /// @param expire  for whom timeouts.request passes @param admit  for whom there is room
    /// @throws std::invalid_argument  a pool is another thread's
    MountPools(const ServiceTerms& terms, const DeadlineLine<Connection>::Expire& expire,
               std::function<void(Connection&)> admit);
    ~MountPools();
    MountPools(const MountPools&) = delete;
    MountPools& operator=(const MountPools&) = delete;

    /// Takes what the connection's request needs of its mount's pool, if anything. @return false: nothing is free
    [[nodiscard]] static bool take(Connection& connection);
    /// take() has failed: it waits, until it is admitted.
    void push_back(Connection& connection);

    [[nodiscard]] bool empty() const noexcept;
    /// Somebody who waits. @pre not empty()
    [[nodiscard]] Connection& front() noexcept;
    /// Calls `function` with each connection that waits here.
    template <class Function>
    void for_each(Function function) const {
        for (const auto& line : lines_) {
            for (const Connection& connection : line->waiting) function(connection);
        }
    }

private:
    // In front of the pool of one mount. While anybody waits, a link of ours stands in the pool's own line, so that
    // nobody overtakes: not another server of this pool's either. The timer runs if there was no memory for the link.
    struct Line final : Timer {
        Line(MountPools& all, const MountTerms& of, const DeadlineLine<Connection>::Expire& expire);
        ~Line() override;
        void expired() noexcept override;

        MountPools& pools;
        Hub& hub;
        const MountTerms& mount;
        DeadlineLine<Connection> waiting;
        LinkId link = 0;  // 0: none stands there
    };

    void stand_in_line(Line& line);
    void admit_first(Line& line);

    std::function<void(Connection&)> admit_;
    std::vector<std::unique_ptr<Line>> lines_;  // at the mounts' indices
};

}  // namespace grove::http
