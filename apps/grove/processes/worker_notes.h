// worker_notes.h - what a worker shows its master, in memory that they share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <sys/types.h>

#include <grove/core/detail/heartbeat.h>
#include <grove/http/metrics.h>
#include <grove/http/request_note.h>

#include "longest_requests.h"
#include "stack_note.h"

namespace grove::http {

/// What keeps a worker's thread, at the moment at which its master asked. The master writes `turn` and then
/// `asked`, and sends the signal; the worker answers with the same number, or never.
struct SampleNote {
    std::atomic<std::int64_t> turn{0};  ///< Asked of: Heartbeat::busy_since().
    std::atomic<std::uint32_t> asked{0};
    std::atomic<std::uint32_t> answered{0};  ///< Written last.

    bool over = false;                ///< Another turn had begun: there is nothing to tell.
    RequestNote request{};            ///< certain(), if the thread answered one.
    std::array<char, 80> greenlet{};  ///< Its name, cut; ends with '\0'.
    StackNote stack{};
};

/// Lines of its logs that nobody could write. Counts: a later worker in the same place goes on with them.
struct LostLines {
    Tally access{};
    Tally error{};
};

struct WorkerNotes {
    enum class State : std::uint8_t { kLoading, kReady, kDraining };

    std::atomic<pid_t> pid{0};  ///< 0: there is no worker, or it has not come that far.
    Heartbeat heartbeat{};      ///< Of its main thread, from ready to the end of serving.
    std::atomic<State> state{State::kLoading};
    std::array<char, 256> loading{};  ///< As Worker::loads() had it, cut; ends with '\0'.
    SampleNote sample{};
    LongestRequests requests{};
    StackNote crash{};  ///< Of a worker that a signal ended.
    /// What the thread of the crash was at by its ThreadNote; certain(), if it had one. Apart from the worker's own
    /// note: its main thread may go on for a while.
    RequestNote crash_thread{};
    LostLines lost{};
};

}  // namespace grove::http
