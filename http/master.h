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
#include <grove/http/supervisor.h>

#include "child_process.h"
#include "owned_listeners.h"
#include "worker_process.h"

namespace grove::http {

class Master {
public:
    Master(Generation first, const SupervisorOptions& options);
    ~Master();
    Master(const Master&) = delete;
    Master& operator=(const Master&) = delete;

    int run();

private:
    using Clock = WorkerProcess::Clock;
    using Process = std::unique_ptr<WorkerProcess>;

    /// A generation and its processes; a slot is empty while its worker is to be replaced.
    struct Crew {
        Generation generation;
        OwnedListeners listeners;
        std::vector<Process> workers;
        Clock::time_point due = Clock::time_point::max();  // its workers are to be ready by then
        [[nodiscard]] bool ready() const;
    };
    /// A child that does for the master what might block, and ends.
    struct Errand {
        ChildProcess process;
        std::function<void(int status)> ended;  // told how, as waitpid() has it
    };
    struct Vacancy {
        std::size_t index;
        Clock::time_point when;
    };

    void block_signals();
    void leave_the_master();
    void send_out(const std::function<int(FileDescriptor channel)>& in_child,
                  std::function<void(int status)> ended);
    Process start_worker(const Crew& crew, std::size_t index);
    void start_crew(Crew& crew);
    bool await_first_crew();
    void announce(const Crew& crew, const OwnedListeners& known) const;
    void report_unused_sockets() const;
    void tell(SupervisorPhase phase, const std::string& status) const;

    void turn();
    [[nodiscard]] int poll_timeout() const;
    void listen_to_workers();
    void take_signal(int number);
    void reap();
    void ended(WorkerProcess& worker, int status);
    void replace(WorkerProcess& worker);
    void refill();
    void kill_overdue();

    void reload();
    void give_up_reload(std::string_view why);
    void swap_crews();
    void stop(int number);
    void quit();

    template <class Function>
    void for_each_process(Function function);
    void log(LogLevel level, const std::string& line) const;

    SupervisorOptions options_;
    Scoreboard board_;  // before the processes, which have places in it
    Crew crew_;
    std::optional<Crew> next_;      // not ready yet
    std::vector<Process> retired_;  // told to end
    std::vector<std::unique_ptr<Errand>> errands_;
    std::vector<Vacancy> vacancies_;
    FileDescriptor signals_;
    Clock::duration delay_{};  // before the next replacement
    bool served_ = false;      // the first crew was ready once
    bool reload_again_ = false;
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace grove::http
