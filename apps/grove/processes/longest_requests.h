// longest_requests.h - the requests of a worker that have run longest, in memory that it shares with its master.
//
// Nothing is written until somebody asks the master. The master writes `asked` and sends Worker::Command::kShow; the
// worker answers with the same number, or never. It writes only between the two, and the master reads only when they
// are equal: so what is read is whole, unless the worker has lost its mind.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/detail/timer.h>
#include <grove/http/request_info.h>

namespace grove::http {

/// A request that a greenlet serves, as its master tells of it. All texts are printable ASCII.
struct RunningRequest {
    pid_t worker = 0;
    Timer::Instant began{};  ///< Its head was complete.
    std::string method{};
    std::string path{};
    std::string id{};  ///< "": it has none.
};

struct LongestRequests {
    static constexpr std::size_t kMost = 10;  ///< Of a worker, which may have all that are told.
    static constexpr std::size_t kTold = 10;  ///< Of all workers.

    /// Texts are cut, and end with '\0'.
    struct Entry {
        std::int64_t began = 0;
        std::array<char, 17> method{};
        std::array<char, 129> path{};
        std::array<char, 129> id{};
    };

    std::atomic<std::uint32_t> asked{0};
    std::atomic<std::uint32_t> answered{0};  ///< Written last.
    std::int64_t noted = 0;
    std::uint32_t count = 0;
    std::array<Entry, kMost> entries{};

    // ---- for the worker
    /// Of `requests` those that have greenlets, the longest first.
    /// @param id_of  the id of the request that a greenlet serves; called kMost times at most
    void answer(std::vector<RequestInfo> requests,
                const std::function<std::string(std::uint64_t greenlet)>& id_of);

    // ---- for the master
    /// What stands there, whatever a worker has written that had lost its mind: kMost at most, none begins after `now`.
    [[nodiscard]] std::vector<RunningRequest> read(pid_t worker, Timer::Instant now) const;
};

/// The kTold of them that have run longest, the longest first.
[[nodiscard]] std::vector<RunningRequest> longest_of(std::vector<RunningRequest> all);

}  // namespace grove::http
