// scoreboard.h - memory that a master shares with its workers: the counts and states of each.
//
// A place belongs to one worker. When the worker has ended, a later worker gets the place and goes
// on counting where the dead worker stopped: so a sum over all places never goes back, whoever dies
// and when.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include <grove/core/duration.h>
#include <grove/http/metrics.h>

#include "counter_table.h"

namespace grove::http {

struct WorkerNotes;

/// The members of ServerMetrics and what WorkerNotes count, summed over all workers, present and past.
struct MetricTotals {
    std::array<std::uint64_t, ServerMetrics::kStatuses> requests{};  ///< By status.
    std::array<std::uint64_t, ServerMetrics::kDurationBounds.size() + 1>
        durations{};                      ///< By class.
    Duration duration{};                  ///< Sum over all requests.
    std::uint64_t unkillable = 0;         ///< Requests that went on after timeouts.request.
    std::uint64_t access_lines_lost = 0;  ///< Of the access log.
    std::uint64_t error_lines_lost = 0;   ///< Of the error log.
    std::uint64_t connections = 0;        ///< Open connections.
    std::uint64_t idle = 0;               ///< Connections without a request.
    std::uint64_t in_flight = 0;          ///< Requests that run or wait for a slot.
    std::uint64_t pool_in_use = 0;        ///< In-flight requests with a slot.
    std::uint64_t slow = 0;      ///< In-flight requests without a slot: their clients are slow.
    std::uint64_t detached = 0;  ///< In-flight requests whose applications gave slots back.
    std::uint64_t event_streams = 0;                   ///< Open event streams.
    std::uint64_t websockets = 0;                      ///< Open WebSockets.
    std::uint64_t websocket_messages_in = 0;           ///< Received.
    std::uint64_t websocket_messages_out = 0;          ///< Sent.
    std::array<std::uint64_t, 17> websocket_closes{};  ///< As ServerMetrics has them.
    std::uint64_t http2_connections = 0;               ///< Open connections that speak HTTP/2.
    std::uint64_t http2_streams_refused = 0;
    std::uint64_t http2_client_resets = 0;
    std::uint64_t http2_server_resets = 0;
    std::array<std::uint64_t, 15> http2_goaways{};  ///< As ServerMetrics has them.
    std::uint64_t pool_size = 0;                    ///< ServerMetrics::kUnbounded if one pool is.

    // Workers; each is counted in one member.
    std::size_t ready = 0;     ///< Workers that answer.
    std::size_t blocked = 0;   ///< Their thread is kept from its loop for set_blocking() or longer.
    std::size_t draining = 0;  ///< Workers that finish what they have.
    Duration blocking{};       ///< Time for which threads were kept so, in all.
};

/// A counter or gauge of applications, summed over all workers.
struct CounterTotal {
    CounterName name{};
    double value = 0;
};

/// The memory, as each process that has the memory sees it.
class Scoreboard {
    struct Slot;
    struct Shared;

public:
    static constexpr std::size_t kMostPlaces = 4096;  ///< For workers, finishing ones included.

    /// A worker's place. The master owns it, and gives it back when the worker has ended.
    class Place {
    public:
        Place(Place&& other) noexcept;  ///< `other` has no place then.
        Place& operator=(Place&&) = delete;
        ~Place();  ///< The worker is dead: its counts stay, what it had open is forgotten.

        /// Valid as long as the board.
        [[nodiscard]] ServerMetrics& metrics() const noexcept;
        [[nodiscard]] WorkerNotes& notes() const noexcept;  ///< Valid as long as the board.
        /// What the worker's applications count: Scoreboard::counters() has the names.
        [[nodiscard]] CounterValues& counter_values() const noexcept;
        /// For a dead worker: " while it ran GET /x, with 3 requests in flight", and ": " and the
        /// OverflowNote; "" if there is neither. By a ThreadNote " (request ID)" is told, too.
        [[nodiscard]] std::string last_words() const;

    private:
        friend class Scoreboard;
        Place(Scoreboard& board, std::size_t index) noexcept : board_{&board}, index_{index} {}
        Scoreboard* board_;
        std::size_t index_;
    };

    /// @throws std::system_error if there is no memory
    Scoreboard();
    ~Scoreboard();
    Scoreboard(const Scoreboard&) = delete;
    Scoreboard& operator=(const Scoreboard&) = delete;

    // ---- for the master
    /// @throws std::runtime_error if there is no free place
    [[nodiscard]] Place take();
    void count_restart() noexcept;                   ///< A worker took the place of a dead one.
    void set_last_reload(bool successful) noexcept;  ///< The result of a reload.
    void set_draining() noexcept;                    ///< For good.
    void set_blocking(Duration least) noexcept;      ///< Kept so long, a worker counts as blocked.
    void count_blocking(Duration more) noexcept;     ///< A worker was kept so much longer.

    // ---- for any process that has the board
    [[nodiscard]] MetricTotals totals() const noexcept;  ///< Current totals.
    [[nodiscard]] std::vector<pid_t> workers() const;  ///< Those that live, in the order of places.
    /// The names of what applications count: for use_counters(), in a worker.
    [[nodiscard]] CounterTable& counters() noexcept;
    /// Current sums, in the order in which the names came. A counter's never goes back.
    [[nodiscard]] std::vector<CounterTotal> counter_totals() const;
    [[nodiscard]] std::uint64_t restarts()
        const noexcept;  ///< How often count_restart() was called.
    [[nodiscard]] bool last_reload_successful() const noexcept;  ///< True before any reload.
    [[nodiscard]] bool draining() const noexcept;                ///< The master was told to stop.

private:
    [[nodiscard]] CounterTable& table() const noexcept;
    [[nodiscard]] Slot& slot(std::size_t index) const noexcept;
    [[nodiscard]] std::size_t used() const noexcept;
    void count_state(const WorkerNotes& notes, Duration now, MetricTotals& totals) const noexcept;

    Shared* shared_;
    std::size_t taken_ = 0;          // places, ever: the master's own, which no worker can write
    std::vector<std::size_t> free_;  // places that were used before
};

}  // namespace grove::http
