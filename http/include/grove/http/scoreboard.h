// scoreboard.h - memory that a master shares with its workers: what each of them counts and does.
//
// A place of it belongs to one worker. When that has ended, its place goes to a later one, which goes on
// counting where the dead one stopped: so a sum over all places never goes back, whoever dies and when.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <grove/core/detail/export.h>
#include <grove/core/duration.h>
#include <grove/http/metrics.h>

namespace grove::http {

struct WorkerNotes;

/// What ServerMetrics has, summed over all workers that are and were.
struct MetricTotals {
    std::array<std::uint64_t, ServerMetrics::kStatuses> requests{};  ///< By status.
    std::array<std::uint64_t, ServerMetrics::kDurationBounds.size() + 1>
        durations{};                ///< By class.
    Duration duration{};            ///< Of all of them.
    std::uint64_t unkillable = 0;   ///< Went on after timeouts.request.
    std::uint64_t connections = 0;  ///< Open.
    std::uint64_t idle = 0;         ///< Of them: without a request.
    std::uint64_t in_flight = 0;    ///< Requests that run or wait for a slot.
    std::uint64_t pool_in_use = 0;  ///< Of them: with a slot.
    std::uint64_t slow = 0;         ///< Of them: without one, as their clients are slow.
    std::uint64_t detached = 0;     ///< Of them: without one, as their applications gave it back.
    std::uint64_t pool_size = 0;    ///< ServerMetrics::kUnbounded if one is.

    // Workers, each in one of them.
    std::size_t ready = 0;     ///< They answer.
    std::size_t blocked = 0;   ///< Their thread is kept from its loop, for set_blocking() at least.
    std::size_t draining = 0;  ///< They finish what they have.
    Duration blocking{};       ///< That threads were kept so, all in all.
};

/// The memory, as each process that has it sees it.
class GROVE_EXPORT Scoreboard {
    struct Slot;
    struct Shared;

public:
    static constexpr std::size_t kMostPlaces = 4096;  ///< Of workers, those that finish included.

    /// A worker's place. The master's: given back when the worker has ended.
    class GROVE_EXPORT Place {
    public:
        Place(Place&& other) noexcept;  ///< The other has none then.
        Place& operator=(Place&&) = delete;
        ~Place();  ///< The worker is dead: what it counted stays, what it had open is forgotten.

        /// Valid as long as the board.
        [[nodiscard]] ServerMetrics& metrics() const noexcept;
        [[nodiscard]] WorkerNotes& notes() const noexcept;  ///< The same.
        /// Of a worker that is dead: " while it ran GET /x, with 3 requests in flight", and ": " and the
        /// OverflowNote; "" if there was neither.
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

    // ---- the master's
    /// @throws std::runtime_error if there is none
    [[nodiscard]] Place take();
    void count_restart() noexcept;                   ///< A worker took the place of a dead one.
    void set_last_reload(bool successful) noexcept;  ///< What came of it.
    void set_draining() noexcept;                    ///< For good.
    void set_blocking(Duration least) noexcept;      ///< From when on a worker counts as blocked.
    void count_blocking(Duration more) noexcept;     ///< A worker was kept so much longer.

    // ---- any process's that has it
    [[nodiscard]] MetricTotals totals() const noexcept;  ///< Of now.
    [[nodiscard]] std::uint64_t restarts()
        const noexcept;  ///< How often count_restart() was called.
    [[nodiscard]] bool last_reload_successful() const noexcept;  ///< Also if there was none.
    [[nodiscard]] bool draining() const noexcept;                ///< The master was told to stop.

private:
    [[nodiscard]] Slot& slot(std::size_t index) const noexcept;
    void count_state(const WorkerNotes& notes, Duration now, MetricTotals& totals) const noexcept;

    Shared* shared_;
    std::vector<std::size_t> free_;  // places that were used before
};

}  // namespace grove::http
