// Builds the next generation, step by step: a child reads it, the master makes it, its workers
// start beside the serving workers. Once all of them can serve, they take the old workers' place.
// The start is the first time.
#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

#include <grove/http/bind_address.h>

#include "master.h"
#include "one_line.h"
#include "seconds.h"
#include "unusable.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstTime = 60s;  // until the configuration says how long a start may take
constexpr int kExitUnusable = 2;  // of a child that ended without saying why, or did not end
constexpr int kExitUnstarted = 1;

int exit_code_of(int status) {
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : kExitUnusable;
}

}  // namespace

Master::Clock::time_point Master::TimeLimit::due() const {
    return time && *time < Clock::time_point::max() - began ? began + *time
                                                            : Clock::time_point::max();
}

void Master::load() {
    reload_again_ = false;
    if (control_ != nullptr) control_->reload_begins();
    if (served_) {
        log(LogLevel::kInfo, "reload: building the new configuration");
        tell(MasterPhase::kReloading, "reloading");
    }
    limit_ = {.began = Clock::now(), .time = served_ ? crew_.generation.load : kFirstTime};
    const auto read = [this](FileDescriptor channel) {
        return load_in_child(std::move(channel), [this](Loading& loading) { read_all(loading); });
    };
    try {
        Errand& errand = send_out(read, [this](int status) { loaded(status); });
        errand.heard = [this] { listen_to_load(); };
        load_.emplace(Load{errand});
    } catch (const std::exception& error) {
        give_up(of_grove(error.what()), kExitUnstarted);
    }
}

// In the child. A listener that is open already needs no look-up: the resolver may be dead by then.
void Master::read_all(Loading& loading) const {
    const std::vector<MasterListener> listeners = options_.load(loading);
    const OwnedListeners known = find_listeners(listeners, crew_.listeners);
    for (std::size_t place = 0; place < listeners.size(); ++place) {
        if (known[place] == nullptr)
            (void)bind_addresses(listeners[place].address, loading.sources());
    }
}

void Master::listen_to_load() {
    load_->child.listen(load_->errand.process);
    if (!served_ && load_->child.may_take()) limit_.time = *load_->child.may_take();
    // As soon as they are known, refused or not: what was missing may come, and a change while workers load is seen.
    if (const auto files = load_->child.take_watched()) watch_files(*files);
}

// The errand is over, and what its child has said was heard.
void Master::loaded(int status) {
    LoadingChild child = std::move(load_->child);
    load_.reset();
    try {
        if (const auto sources = child.take()) return start_next(sources);
    } catch (const Unusable& error) {  // what only the master can tell: a log
        return give_up(error.what(), kExitUnusable);
    } catch (const std::exception& error) {
        return give_up(of_grove(error.what()), kExitUnstarted);
    }
    give_up(child.refusal().empty()
                ? of_grove("the process that reads the configuration " + how_it_ended(status))
                : child.refusal(),
            exit_code_of(status));
}

void Master::start_next(const std::shared_ptr<Sources>& sources) {
    Crew& next = next_.emplace();
    next.generation = options_.make(sources);
    next.listeners = open_listeners(next.generation, crew_.listeners, options_.sockets, *sources);
    open_control();
    told_to_end_ = 0;
    start_crew(next);
}

// A worker of the next generation has ended because somebody told it to: it has refused nothing.
void Master::start_again(const WorkerProcess& worker) {
    try {
        const std::size_t index = worker.index();
        next_->workers[index] = start_worker(*next_, index);
    } catch (const std::exception& error) {
        give_up(of_grove(error.what()), kExitUnstarted);
    }
}

// A worker of the next generation has ended.
void Master::refused(const WorkerProcess& worker, const std::string& end, int status) {
    const std::string why = served_ ? end : end + " before it could serve";
    give_up(worker.refusal().empty() ? of_grove(why) : worker.refusal(), exit_code_of(status));
}

void Master::swap_crews() {
    try {
        for (const auto& listener : next_->listeners) listener->listen(next_->generation.backlog);
    } catch (const std::exception& error) {
        return give_up(of_grove(error.what()), kExitUnstarted);
    }
    board_.set_last_reload(true);
    const auto end = crew_.last_moment();
    // Its plugins may have no other name by then than the master's descriptors.
    const auto old = std::make_shared<const Generation>(std::move(crew_.generation));
    for (const OwnedWorker& worker : retired_) {
        if (!worker->holds()) worker->hold(old);
    }
    for (OwnedWorker& worker : crew_.workers) {
        if (worker == nullptr) continue;
        if (!worker->ready()) {  // it has served nobody, and perhaps never will
            drop(std::move(worker));
            continue;
        }
        worker->hold(old);
        worker->tell(Worker::Command::kRetire);
        worker->end_by(end);
        retired_.push_back(std::move(worker));
    }
    vacancies_.clear();
    drop_hand_over();
    OwnedListeners known = std::move(crew_.listeners);
    crew_ = *std::exchange(next_, std::nullopt);
    board_.set_blocking(Watch::limits_of(crew_.generation).blocking);
    if (!served_) report_unused_sockets();
    announce(crew_, known);
    known.clear();  // who reads the line below finds no file of a socket that is gone
    tell(MasterPhase::kServing, "serving");
    if (options_.alive_every && !served_) alive_at_ = Clock::now();
    ++generation_;
    if (!std::exchange(served_, true)) return;
    log(LogLevel::kInfo, "reload: the new workers serve, the old workers finish what is open");
    reload_is_over("");
}

// Nothing changes; at the start, there is nothing.
// @param why  lines
void Master::give_up(const std::string& why, int exit_code) {
    drop_next();
    if (!served_) {
        exit_code_ = exit_code;
        if (options_.refused) options_.refused(why);
        return;
    }
    board_.set_last_reload(false);
    log_lines(LogLevel::kError, "reload: nothing is changed: ", why);
    reload_is_over(why);
    tell(MasterPhase::kServing, "serving; the last reload changed nothing, the log says why");
}

void Master::give_up_overdue() {
    std::string why = served_ ? "the new workers were not ready" : "the workers were not ready";
    if (load_) why = "the configuration was not loaded";
    why += " within " + seconds(*limit_.time);
    if (next_) {
        why += ", which is timeouts.load";
        const auto& workers = next_->workers;
        const auto loads = [](const OwnedWorker& worker) { return !worker->loading().empty(); };
        const auto one = std::find_if(workers.begin(), workers.end(), loads);
        if (one != workers.end()) why += (*one)->loading();
    }
    if (load_ && !load_->child.doing().empty()) why += ": " + one_line(load_->child.doing());
    drop_next(Drop::kAborted);
    give_up(of_grove(why), kExitUnusable);
}

// As a line on standard error begins; a line of the log has its own begin.
std::string Master::of_grove(const std::string& line) const {
    return (served_ ? "" : "grove: ") + line;
}

// Nobody waits for its end, which may take its time; until then nothing is asked of it any more.
void Master::drop(OwnedWorker worker) {
    worker->signal(SIGKILL);
    worker->end_by(std::nullopt);
    dropped_.push_back(std::move(worker));
}

// Their ends are not waited for: what a disk or a file server keeps may take its time.
// @param how  kAborted: who loads is to leave its stack first
void Master::drop_next(Drop how) {
    if (load_) {
        load_->errand.process.signal(SIGKILL);
        load_->errand.process.close_channel();
        load_->errand.heard = {};
        load_->errand.ended = [](int) {};
        load_.reset();
    }
    if (!next_) return;
    if (!served_) crew_.generation.log = next_->generation.log;  // for what errands find out later
    // For a worker that has crashed, or is to abort: its plugins may have no other name.
    const auto old = std::make_shared<const Generation>(std::move(next_->generation));
    for (OwnedWorker& worker : next_->workers) {
        if (worker->pid() < 0) continue;  // it has ended, and is why
        worker->hold(old);
        if (how == Drop::kAborted && !worker->ready()) {
            worker->signal(SIGABRT);
            worker->end_by(Clock::now() + kTimeToAbort);
            dropped_.push_back(std::move(worker));
        } else {
            drop(std::move(worker));
        }
    }
    for (const auto& listener : next_->listeners) listener->drop_silent();
    next_.reset();
}

}  // namespace grove::http
