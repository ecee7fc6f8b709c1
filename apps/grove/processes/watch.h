// watch.h - the master's eye on workers whose threads do not come back to their loops.
//
// It reads heartbeats, which lie in shared memory, only as often as needed to be late by little: at
// the moment when the longest busy worker would reach a limit. While all workers poll, it asks to
// be told when a worker goes on, and does not look at all.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grove/http/access_log.h>

#include "generation.h"
#include "once_a_minute.h"
#include "scoreboard.h"
#include "stack_names.h"
#include "worker_process.h"

namespace grove::http {

class Watch {
public:
    using Clock = WorkerClock::Clock;
    /// As Master::send_out(), for a child that is killed if it takes too long. What it has sent is in the channel when
    /// it has ended.
    using SendOut = std::function<void(const std::function<int(FileDescriptor channel)>& in_child,
                                       std::function<void(int channel)> ended)>;

    /// Of its workers.
    [[nodiscard]] static WorkerClock::Limits limits_of(const Generation& generation);

    Watch(Scoreboard& board, ErrorLog log, SendOut send_out);

    /// Looks at them now: reports, and ends, those that are over a limit.
    void look(const std::vector<WorkerProcess*>& workers, Clock::time_point now);
    /// When it wants to look again, if no worker's message comes before.
    [[nodiscard]] Clock::time_point next_look() const noexcept { return next_look_; }
    /// A worker that has died may have left the stack at its fault: a line tells it.
    /// @param name  "worker 4711"
    void tell_crash(const std::string& name, const WorkerProcess& worker);

private:
    /// What a line is made of, apart from the names of the stack's calls.
    struct Report {
        std::string worker{};
        std::string who{};
        std::string mount{};
        Duration kept{};
        bool last = false;
    };

    void look_at(WorkerProcess& worker, Clock::time_point now);
    void found_busy(WorkerProcess& worker, Clock::time_point since, Clock::time_point now);
    void found_over(WorkerProcess& worker, Clock::time_point since, Clock::time_point now);
    void ask(WorkerProcess& worker, WorkerRecord::Sample sample, Clock::time_point now);
    void take_sample(WorkerProcess& worker, Clock::time_point now);
    void tell(const Report& report, const StackNames& stack);
    void find_names(const StackNote& stack, std::function<void(const StackNames& names)> then);
    void end_when_told(WorkerProcess& worker, Clock::time_point now);
    void rest_if_all_poll(const std::vector<WorkerProcess*>& workers, Clock::time_point now);
    void wake_at(Clock::time_point when) noexcept;

    Scoreboard& board_;
    ErrorLog log_;
    SendOut send_out_;
    Clock::time_point next_look_ = Clock::time_point::max();
    std::optional<Clock::time_point> quiet_since_;  // all have polled whenever looked at
    bool rests_ = false;                            // all were asked to tell
    OnceAMinute samples_;                           // by request
    OnceAMinute places_;
};

}  // namespace grove::http
