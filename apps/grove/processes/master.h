// master.h - the process that owns listeners and workers, and does what signals ask for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>

#include <grove/core/file_descriptor.h>

#include "child_process.h"
#include "control_socket.h"
#include "file_changes.h"
#include "generation.h"
#include "loading.h"
#include "owned_listeners.h"
#include "pid_file.h"
#include "run_master.h"
#include "scoreboard.h"
#include "watch.h"
#include "worker_process.h"

namespace grove::http {

class Master {
public:
    Master(SignalInbox& signals, const MasterOptions& options);
    ~Master();
    Master(const Master&) = delete;
    Master& operator=(const Master&) = delete;

    int run();

private:
    using Clock = WorkerProcess::Clock;
    using OwnedWorker = std::unique_ptr<WorkerProcess>;

    /// A generation and its workers; a place is empty while its worker is to be replaced.
    struct Crew {
        Generation generation;
        OwnedListeners listeners;
        std::vector<OwnedWorker> workers;
        [[nodiscard]] bool ready() const;
        /// Until when a worker that is told to end now may take; nullopt: any time.
        [[nodiscard]] std::optional<Clock::time_point> last_moment() const;
    };
    /// A child that does for the master what might block, and ends.
    struct Errand {
        ChildProcess process;
        std::function<void(int status)> ended{};  // told how, as waitpid() has it
        std::function<void()> heard{};            // its channel has something, or it has ended
        Clock::time_point due = Clock::time_point::max();  // then it is killed
    };
    /// A child on the errand to read what the next generation is made of.
    struct Load {
        Errand& errand;
        LoadingChild child{};
    };
    /// Of a start or a reload, from the first look at the configuration to workers that are ready.
    struct TimeLimit {
        Clock::time_point began{};
        Timespan time{};
        [[nodiscard]] Clock::time_point due() const;
    };
    struct LastReload {
        Clock::time_point when;
        std::string why;  // it changed nothing; "": it was done
    };
    enum class Drop { kKilled, kAborted };
    struct Vacancy {
        std::size_t index;
        Clock::time_point when;
    };

    /// A worker has asked for another in its place.
    struct HandOver {
        std::size_t index = 0;     // in crew_.workers
        Clock::time_point when{};  // the other is started
        OwnedWorker successor{};   // null: it is not started yet
    };

    void leave_the_master();
    Errand& send_out(const std::function<int(FileDescriptor channel)>& in_child,
                     std::function<void(int status)> ended,
                     const std::function<void()>& take_sockets = {});
    OwnedWorker start_worker(const Crew& crew, std::size_t index);
    void start_crew(Crew& crew);
    void announce(const Crew& crew, const OwnedListeners& known) const;
    void report_unused_sockets() const;
    void tell(MasterPhase phase, const std::string& status) const;

    void turn();
    [[nodiscard]] int poll_timeout(Clock::time_point next) const;
    [[nodiscard]] bool reload_is_due() const noexcept;
    void listen_to_children();
    void take_signal(int number);
    void reap();
    void kill_overdue_errands();
    void finish_errands();
    void ended(WorkerProcess& worker, int status);
    Clock::duration next_delay(const WorkerProcess& worker);
    Clock::duration replace(const WorkerProcess& worker);
    void replace_draining();
    void refill();
    void kill_overdue();
    void watch();
    void watch_files(const std::vector<WatchedFile>& files);
    void hear_of_changes();
    void stand_in(const Crew& crew, bool nobody_answers, Clock::time_point now);

    // master_hand_over.cpp
    void hand_over();
    void begin_hand_over();
    void start_successor(WorkerProcess& asks);
    void finish_hand_over();
    void successor_ended(const std::string& end);
    void take_empty_place(std::size_t index);
    void drop_hand_over();
    void keep_successor();

    // master_load.cpp
    void load();
    void read_all(Loading& loading) const;
    void listen_to_load();
    void loaded(int status);
    void start_next(const std::shared_ptr<Sources>& sources);
    void start_again(const WorkerProcess& worker);
    void refused(const WorkerProcess& worker, const std::string& end, int status);
    void swap_crews();
    void give_up(const std::string& why, int exit_code);
    void give_up_overdue();
    void drop(OwnedWorker worker);
    void drop_next(Drop how = Drop::kKilled);
    [[nodiscard]] std::string of_grove(const std::string& line) const;

    void stop(int number);
    void quit();
    [[nodiscard]] int end();

    // master_control.cpp
    void open_control();
    void leave_control() noexcept;
    [[nodiscard]] std::string reload_line() const;
    void reload_is_over(const std::string& why);
    void serve_control();
    [[nodiscard]] std::string time_to_stop() const;
    [[nodiscard]] std::string status_line();
    [[nodiscard]] static std::string line_of(WorkerProcess& worker, const char* crew);

    template <class Function>
    void for_each_worker(Function function);
    void log(LogLevel level, std::string_view line) const;
    void log_lines(LogLevel level, const std::string& prefix, std::string_view lines) const;

    MasterOptions options_;
    Scoreboard board_;  // before the processes, which have places in it
    Crew crew_;
    std::optional<Load> load_;          // of what will be next_
    std::optional<Crew> next_;          // not ready yet
    TimeLimit limit_;                   // of both
    std::vector<OwnedWorker> retired_;  // told to end
    std::vector<OwnedWorker> dropped_;  // killed, of a generation that is not to be
    std::vector<std::unique_ptr<Errand>> errands_;
    Watch watch_;
    Errand* stand_in_ = nullptr;  // of errands_
    Errand* watcher_ = nullptr;   // of files, of errands_
    std::vector<WatchedFile> watched_files_;
    Clock::time_point stand_in_at_ = Clock::time_point::max();
    Clock::time_point alive_at_ = Clock::time_point::max();
    std::vector<Vacancy> vacancies_;
    std::optional<HandOver> hand_over_;  // one at a time
    SignalInbox& signals_;
    int told_to_end_ = 0;      // workers of next_ that were
    Clock::duration delay_{};  // before the next replacement
    bool served_ = false;      // the first crew was ready once
    bool reload_again_ = false;
    bool stopping_ = false;
    bool quitting_ = false;
    bool lost_ = false;  // a worker, which answered, while it was ending
    int exit_code_ = 0;
    std::unique_ptr<PidFile> pid_file_;
    std::unique_ptr<ControlSocket> control_;  // of it; null: nobody can ask
    Clock::time_point born_ = Clock::now();
    std::size_t generation_ = 0;  // of crew_; the first is 1
    std::optional<LastReload> last_reload_;
};

template <class Function>
void Master::for_each_worker(Function function) {
    const auto each = [&](const std::vector<OwnedWorker>& workers) {
        for (const OwnedWorker& worker : workers) {
            if (worker != nullptr) function(*worker);
        }
    };
    each(crew_.workers);
    if (hand_over_ && hand_over_->successor != nullptr) function(*hand_over_->successor);
    if (next_) each(next_->workers);
    each(retired_);
    each(dropped_);
}

}  // namespace grove::http
