// worker_process.h - a worker as its master sees it: a process, and a channel of short messages.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <sys/types.h>

#include "child_process.h"
#include "worker.h"
#include "worker_files.h"
#include "worker_record.h"

namespace grove::http {

inline constexpr auto kTimeToAbort = std::chrono::seconds{1};  // then SIGKILL

class WorkerProcess {
public:
    using Clock = std::chrono::steady_clock;

    /// Forks, as ChildProcess does.
    /// @throws std::system_error if there can be no further process
    /// @param files  what it may ask for; null: nothing
    WorkerProcess(std::size_t index, Scoreboard::Place place, const WorkerClock::Limits& limits,
                  std::shared_ptr<WorkerFiles> files, const ChildProcess::InChild& in_child);

    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }
    [[nodiscard]] int control() const noexcept { return process_.channel(); }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }
    [[nodiscard]] Clock::time_point born() const noexcept { return born_; }
    [[nodiscard]] bool ready() const noexcept { return ready_; }
    [[nodiscard]] WorkerNotes& notes() const noexcept { return place_.notes(); }
    [[nodiscard]] ServerMetrics& metrics() const noexcept { return place_.metrics(); }
    [[nodiscard]] WorkerRecord& record() noexcept { return *record_; }
    /// The same, and its owner may outlive the process.
    [[nodiscard]] std::weak_ptr<WorkerRecord> kept_record() const noexcept { return record_; }
    /// ": X is being loaded", as Worker::loads() had it, fit for a log; "": it has not said so.
    [[nodiscard]] std::string loading() const;
    /// Once it is dead: what it was at.
    [[nodiscard]] std::string last_words() const { return place_.last_words(); }
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

    /// Why it wants another one in its place, as Worker::ask_for_another() had it; nullopt: it does not.
    [[nodiscard]] const std::optional<std::string>& asks_for_another() const noexcept {
        return asks_for_another_;
    }

    /// Some hundred times at most: then the channel of one that does not read is full.
    void tell(Worker::Command command) noexcept;
    void signal(int number) noexcept { process_.signal(number); }
    /// The same, once it is ready: what it loads until then is not to be interrupted. Any number of them is one.
    void signal_when_ready(int number);
    /// It is to be killed if it has not ended by then.
    void end_by(std::optional<Clock::time_point> deadline) noexcept {
        deadline_ = deadline;
        until_ready_ = false;
    }
    /// The same, unless it is ready by then.
    void be_ready_by(Clock::time_point deadline) noexcept {
        deadline_ = deadline;
        until_ready_ = true;
    }
    /// What its deadline is for.
    [[nodiscard]] bool is_to_be_ready() const noexcept { return until_ready_; }
    [[nodiscard]] const std::optional<Clock::time_point>& deadline() const noexcept {
        return deadline_;
    }
    /// Reads what it says. After its end: all it said.
    void listen();
    [[nodiscard]] const std::shared_ptr<WorkerFiles>& files() const noexcept { return files_; }
    /// In another child of its master.
    void drop_files() noexcept { files_.reset(); }
    /// What is to be there as long as it is.
    void hold(std::shared_ptr<const void> what) noexcept { held_ = std::move(what); }
    [[nodiscard]] bool holds() const noexcept { return held_ != nullptr; }
    /// waitpid() has told of its end.
    void gone() noexcept { process_.gone(); }

private:
    void hear_all();
    void send_own_files(bool anew) noexcept;

    std::size_t index_;
    Scoreboard::Place place_;
    std::shared_ptr<WorkerRecord>
        record_;  // shared: what is found out later may come too late for it
    std::shared_ptr<WorkerFiles> files_;  // shared: with all of its generation
    std::size_t changes_told_;
    ChildProcess process_;
    Clock::time_point born_ = Clock::now();
    std::optional<Clock::time_point> deadline_;
    bool until_ready_ = false;
    std::shared_ptr<const void> held_;
    bool ready_ = false;
    bool asks_ = false;
    bool looks_ = false;  // for a reader
    std::optional<std::string> asks_for_another_;
    std::set<int> kept_signals_;  // until it is ready
    std::string refusal_;
};

}  // namespace grove::http
