#include "master.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <grove/core/errors.h>

#include "forked_children.h"
#include "process_state.h"
#include "seconds.h"
#include "used_counters.h"
#include "worker_host.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSignals{SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
constexpr auto kShortestDelay = 100ms;
constexpr auto kLongestDelay = 5s;
constexpr auto kHealthyLife = 5s;  // who lived that long is replaced at once
constexpr auto kTimeToQuit = 3s;   // a kill may take one, the log another
constexpr auto kTimeToName = 5s;   // a stack, whose files may be far away
constexpr int kMostToldToEnd =
    5;  // of a generation that is not there yet: more look like its own fault

// @return " in 0.8 s", and "" if that is at once
std::string in(std::chrono::duration<double> delay) {
    if (delay <= 0s) return {};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), " in %.1f s", delay.count());
    return text.data();
}

}  // namespace

bool Master::Crew::ready() const {
    return std::all_of(workers.begin(), workers.end(), [](const OwnedWorker& worker) {
        return worker != nullptr && worker->ready();
    });
}

std::optional<Master::Clock::time_point> Master::Crew::last_moment() const {
    if (!generation.patience || !generation.unwind) return std::nullopt;
    return Clock::now() + *generation.patience + *generation.unwind;
}

Master::Master(SignalInbox& signals, const MasterOptions& options)
    : options_{options},
      watch_{board_, [this](LogLevel level, std::string_view line) { log(level, line); },
             [this](const auto& in_child, auto ended) {
                 Errand& errand = send_out(in_child, {});
                 errand.due = Clock::now() + kTimeToName;
                 errand.ended = [ended = std::move(ended), &errand](int) {
                     ended(errand.process.channel());
                 };
             }},
      signals_{signals} {}

Master::~Master() {
    // All at once, before one after another is waited for.
    for_each_worker([](WorkerProcess& worker) { worker.signal(SIGKILL); });
    for (const auto& errand : errands_) errand->process.signal(SIGKILL);
}

int Master::run() {
    for (const int number : kSignals) signals_.add(number);
    load();
    while (!served_) {
        if (exit_code_ != 0 || stopping_) return end();
        turn();
    }
    while (!stopping_ || !crew_.workers.empty() || !retired_.empty()) turn();
    return end();
}

void Master::log(LogLevel level, std::string_view line) const {
    const Generation& one = !served_ && next_ ? next_->generation : crew_.generation;
    if (one.log) one.log(level, line);
}

void Master::log_lines(LogLevel level, const std::string& prefix, std::string_view lines) const {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        if (!line.empty()) log(level, prefix + std::string{line});
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    }
}

// ---- children

// In a child: what is the master's alone.
void Master::leave_the_master() {
    for_each_worker([](WorkerProcess& sibling) { ::close(sibling.control()); });
    for (const auto& errand : errands_) ::close(errand->process.channel());
    signals_.close();
    leave_control();
    load_.reset();
    if (options_.output != nullptr) options_.output->leave();
}

// The child has nothing of the master's but memory, and the sockets that it takes.
Master::Errand& Master::send_out(const std::function<int(FileDescriptor channel)>& in_child,
                                 std::function<void(int status)> ended,
                                 const std::function<void()>& take_sockets) {
    const auto run = [&, this](FileDescriptor channel, SignalInbox&) {
        leave_the_master();
        if (take_sockets) take_sockets();
        for (Crew* crew : {&crew_, next_ ? &*next_ : nullptr}) {
            if (crew == nullptr) continue;
            for (const auto& listener : crew->listeners) listener->close_sockets();
            if (crew->generation.files) crew->generation.files->close();
        }
        for_each_worker([](WorkerProcess& worker) {
            if (worker.files()) worker.files()->close();
        });
        for (const int fd : options_.sockets) ::close(fd);
        return in_child(std::move(channel));
    };
    errands_.push_back(std::unique_ptr<Errand>{new Errand{ChildProcess{run}, std::move(ended)}});
    return *errands_.back();
}

Master::OwnedWorker Master::start_worker(const Crew& crew, std::size_t index) {
    Scoreboard::Place place = board_.take();
    ServerMetrics& metrics = place.metrics();
    WorkerNotes& notes = place.notes();
    CounterValues& counter_values = place.counter_values();
    return std::make_unique<WorkerProcess>(
        index, std::move(place), Watch::limits_of(crew.generation), crew.generation.files,
        [&, this](FileDescriptor control, SignalInbox& signals) {
            leave_the_master();
            for_each_worker([](WorkerProcess& sibling) {
                sibling.hold({});
                sibling.drop_files();
            });
            std::vector<std::vector<int>> shares;
            for (const auto& listener : crew.listeners)
                shares.push_back(listener->take_share(index, crew.generation.workers));
            for (Crew* other :
                 {&crew_, next_ ? &*next_ : nullptr}) {  // no part of which is its own
                if (other == nullptr || other == &crew) continue;
                for (const auto& listener : other->listeners) listener->close_sockets();
                other->generation.run_worker = {};  // and what that keeps open
                other->generation.files.reset();
            }
            for (const int fd : options_.sockets) ::close(fd);
            close_in_forked_children(shares);
            use_counters(board_.counters(), counter_values);
            Worker worker{std::move(control), signals, index,   crew.generation.workers,
                          std::move(shares),  board_,  metrics, notes};
            const WorkerHost host{
                [&worker](std::string_view reason) { worker.ask_for_another(reason); }};
            return crew.generation.run_worker(worker);
        });
}

void Master::start_crew(Crew& crew) {
    crew.workers.clear();
    for (std::size_t index = 0; index < crew.generation.workers; ++index)
        crew.workers.push_back(start_worker(crew, index));
}

void Master::announce(const Crew& crew, const OwnedListeners& known) const {
    if (!options_.announce) return;
    for (std::size_t place = 0; place < crew.listeners.size(); ++place) {
        if (std::find(known.begin(), known.end(), crew.listeners[place]) != known.end()) continue;
        for (const Address& address : crew.listeners[place]->bound())
            options_.announce(address.text(), place);
    }
}

void Master::report_unused_sockets() const {
    for (const int fd : options_.sockets) {
        const std::string address = listening_address(fd);
        const auto is_it = [&](const auto& listener) {
            const std::vector<Address> bound = listener->bound();
            return std::any_of(bound.begin(), bound.end(),
                               [&](const Address& one) { return one.text() == address; });
        };
        if (std::any_of(crew_.listeners.begin(), crew_.listeners.end(), is_it)) continue;
        log(LogLevel::kWarn,
            "descriptor " + std::to_string(fd) +
                (address.empty() ? " was handed down but does not listen"
                                 : " was handed down and listens on " + address +
                                       ", but no listener of the configuration has that address"));
    }
}

void Master::tell(MasterPhase phase, const std::string& status) const {
    if (options_.phase) options_.phase(phase, status);
}

void Master::turn() {
    std::vector<pollfd> watched{{.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
    for_each_worker([&](WorkerProcess& worker) {
        watched.push_back({.fd = worker.control(), .events = POLLIN, .revents = 0});
    });
    for (const auto& errand : errands_) {
        if (errand->heard)
            watched.push_back({.fd = errand->process.channel(), .events = POLLIN, .revents = 0});
    }
    const MasterOutput::Unwritten output =
        options_.output != nullptr ? options_.output->unwritten() : MasterOutput::Unwritten{};
    for (const int fd : output.descriptors)
        watched.push_back({.fd = fd, .events = POLLOUT, .revents = 0});
    if (control_ != nullptr) control_->add_to(watched);
    ::poll(watched.data(), watched.size(), poll_timeout(output.due));
    if (options_.output != nullptr) options_.output->write();
    listen_to_children();
    while (const auto number = signals_.take()) take_signal(*number);
    serve_control();
    kill_overdue();
    kill_overdue_errands();
    hand_over();
    if (next_ && next_->ready()) swap_crews();
    replace_draining();
    refill();
    watch();
    if (reload_is_due()) load();
}

bool Master::reload_is_due() const noexcept {
    return reload_again_ && served_ && !load_ && !next_ && !stopping_;
}

int Master::poll_timeout(Clock::time_point next) const {
    if (reload_is_due()) return 0;  // it was asked for before anything was served
    if (load_ || next_) next = std::min(next, limit_.due());
    for (const Vacancy& vacancy : vacancies_) next = std::min(next, vacancy.when);
    if (hand_over_) {
        const auto& successor = hand_over_->successor;
        if (successor != nullptr && successor->deadline())
            next = std::min(next, *successor->deadline());
        if (successor == nullptr && !load_ && !next_) next = std::min(next, hand_over_->when);
    }
    const auto look = [&](const std::vector<OwnedWorker>& workers) {
        for (const OwnedWorker& worker : workers) {
            if (worker != nullptr && worker->deadline()) next = std::min(next, *worker->deadline());
        }
    };
    look(crew_.workers);
    look(retired_);
    look(dropped_);
    for (const auto& errand : errands_) next = std::min(next, errand->due);
    if (control_ != nullptr) next = std::min(next, control_->due());
    next = std::min({next, watch_.next_look(), alive_at_, stand_in_at_});
    if (next == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

void Master::listen_to_children() {
    for_each_worker([](WorkerProcess& worker) { worker.listen(); });
    // By place: what one says may send out another.
    for (std::size_t place = 0; place < errands_.size(); ++place) {
        if (const Errand& errand = *errands_[place]; errand.heard) errand.heard();
    }
}

void Master::take_signal(int number) {
    switch (number) {
        case SIGCHLD:
            return reap();
        case SIGTERM:
        case SIGINT:
            return stop(number);
        case SIGQUIT:
            return quit();
        case SIGHUP:
            reload_again_ = true;  // the start or a reload that is under way is finished first
            return;
        case SIGUSR1:
            if (options_.output != nullptr) options_.output->reopen();
            // For workers to come: those that are there ask.
            for (const Crew* const crew : {&crew_, next_ ? &*next_ : nullptr}) {
                if (crew != nullptr && crew->generation.files) crew->generation.files->reopen();
            }
            [[fallthrough]];
        case SIGUSR2:  // any number of them: the channel has room for a few commands
            return for_each_worker(
                [number](WorkerProcess& worker) { worker.signal_when_ready(number); });
        default:
            return;
    }
}

void Master::reap() {
    for (;;) {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid <= 0) return;
        WorkerProcess* found = nullptr;
        for_each_worker([&](WorkerProcess& worker) {
            if (worker.pid() == pid) found = &worker;
        });
        if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
            if (found != nullptr) found->record().clock.restart(Clock::now());
            continue;
        }
        if (found != nullptr) {
            ended(*found, status);
            continue;
        }
        const auto errand = std::find_if(errands_.begin(), errands_.end(), [pid](const auto& one) {
            return one->process.pid() == pid;
        });
        if (errand == errands_.end()) continue;
        const std::unique_ptr<Errand> over = std::move(*errand);
        errands_.erase(errand);
        over->process.gone();
        if (over->heard) over->heard();
        over->ended(status);
    }
}

void Master::ended(WorkerProcess& worker, int status) {
    worker.listen();
    replace_draining();
    const std::string name = "worker " + std::to_string(worker.pid());
    const std::string last_words = worker.last_words();
    const std::string how = how_it_ended(status);
    const std::string died = name + " " + how + last_words + "; another takes its place";
    worker.gone();
    // By TERM to itself; as it was ready it refuses nothing.
    const bool served = worker.ready();
    const bool was_told_to = served && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    watch_.tell_crash(name, worker);
    const auto is_it = [&](const OwnedWorker& one) { return one.get() == &worker; };
    const bool retired = std::erase_if(retired_, is_it) != 0;
    if (retired || (stopping_ && std::erase_if(crew_.workers, is_it) != 0)) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
        lost_ = lost_ || (stopping_ && served);
        log(LogLevel::kError, name + " " + how + " while it was ending" +
                                  (last_words.empty() ? "" : "," + last_words));
        return;
    }
    if (std::erase_if(dropped_, is_it) != 0) return;
    if (next_ && std::any_of(next_->workers.begin(), next_->workers.end(), is_it)) {
        if (was_told_to && ++told_to_end_ <= kMostToldToEnd) {
            log(LogLevel::kError, died);
            return start_again(worker);
        }
        refused(worker, name + (served_ ? " of the new ones " : " ") + how, status);
        return;
    }
    const std::string refusal = worker.refusal();
    if (hand_over_ && hand_over_->successor.get() == &worker) {
        log_lines(LogLevel::kError, name + " cannot serve: ", refusal);
        return successor_ended(name + " " + how);
    }
    const std::string line = died + in(replace(worker));
    const std::size_t index = worker.index();
    crew_.workers[index].reset();  // who reads the line finds it counted no more
    take_empty_place(index);
    log_lines(LogLevel::kError, name + " cannot serve: ", refusal);
    log(LogLevel::kError, line);
}

// Before another takes its place.
Master::Clock::duration Master::next_delay(const WorkerProcess& worker) {
    if (Clock::now() - worker.born() >= kHealthyLife) delay_ = {};
    const Clock::duration delay = delay_;
    delay_ = std::clamp<Clock::duration>(delay_ * 2, kShortestDelay, kLongestDelay);
    return delay;
}

// @return when another is started, from now on
Master::Clock::duration Master::replace(const WorkerProcess& worker) {
    if (hand_over_ && hand_over_->index == worker.index() && hand_over_->successor != nullptr)
        return {};  // it is there already: take_empty_place()
    const Clock::duration delay = next_delay(worker);
    vacancies_.push_back({worker.index(), Clock::now() + delay});
    return delay;
}

// Somebody has told them to end, and not the master: until they have, clients would wait in their queues.
void Master::replace_draining() {
    if (stopping_) return;
    for (OwnedWorker& worker : crew_.workers) {
        if (worker == nullptr || !worker->ready() ||
            worker->notes().state != WorkerNotes::State::kDraining)
            continue;
        worker->end_by(crew_.last_moment());
        log(LogLevel::kWarn,
            "worker " + std::to_string(worker->pid()) +
                " was told to end: it answers its running requests; another takes its place" +
                in(replace(*worker)));
        const std::size_t index = worker->index();
        retired_.push_back(std::move(worker));
        take_empty_place(index);
    }
}

void Master::refill() {
    if (stopping_) return;
    const Clock::time_point now = Clock::now();
    for (Vacancy& vacancy : vacancies_) {
        if (vacancy.when > now) continue;
        try {
            OwnedWorker& worker = crew_.workers[vacancy.index];
            worker = start_worker(crew_, vacancy.index);
            worker->be_ready_by(TimeLimit{.began = now, .time = crew_.generation.load}.due());
            board_.count_restart();
        } catch (const std::exception& error) {
            log(LogLevel::kError, std::string{"no worker can be started: "} + error.what() +
                                      "; grove tries again" + in(kLongestDelay));
            vacancy.when = now + kLongestDelay;
        }
    }
    std::erase_if(vacancies_, [&](const Vacancy& vacancy) { return vacancy.when <= now; });
}

void Master::kill_overdue() {
    const Clock::time_point now = Clock::now();
    for_each_worker([&](WorkerProcess& worker) {
        if (!worker.deadline() || *worker.deadline() > now) return;
        const bool unready = worker.is_to_be_ready();
        if (!unready && !stopping_ && dumps_core(worker.pid()))
            return worker.end_by(now + kTimeToAbort);
        if (exit_code_ == 0) {
            log(LogLevel::kError,
                "worker " + std::to_string(worker.pid()) +
                    (unready ? " was not ready within " + seconds(*crew_.generation.load) +
                                   ", which is timeouts.load" + worker.loading() +
                                   ": the worker is told to abort"
                             : " did not end in time, and is killed"));
        }
        worker.signal(unready ? SIGABRT : SIGKILL);
        worker.end_by(unready ? std::optional{now + kTimeToAbort} : std::nullopt);
    });
    if ((load_ || next_) && limit_.due() <= now) give_up_overdue();
}

// ---- the end

void Master::stop(int number) {
    if (std::exchange(stopping_, true)) return;
    board_.set_draining();
    tell(MasterPhase::kStopping, "stopping: running requests are answered");
    log(LogLevel::kInfo, std::string{"stop: running requests are answered (SIG"} +
                             (number == SIGINT ? "INT)" : "TERM)"));
    drop_next();
    vacancies_.clear();
    std::erase(crew_.workers, nullptr);
    keep_successor();
    // The workers close theirs when they have taken what waits there: with the last one it is closed.
    for (const auto& listener : crew_.listeners) listener->close_sockets();
    const auto end = crew_.last_moment();
    for_each_worker(
        [&](WorkerProcess& worker) {  // also those that finish what a reload left to them
            worker.tell(Worker::Command::kStop);
            const auto soon = Clock::now() + kTimeToQuit;  // of who serves nobody yet
            const auto own_end = worker.ready() ? end : std::min(end.value_or(soon), soon);
            if (own_end) worker.end_by(own_end);
        });
}

void Master::quit() {
    if (std::exchange(quitting_, true)) return;
    stopping_ = true;
    board_.set_draining();
    tell(MasterPhase::kStopping, "stopping at once");
    log(LogLevel::kInfo, "stop: at once (SIGQUIT)");
    drop_next();
    vacancies_.clear();
    std::erase(crew_.workers, nullptr);
    keep_successor();
    // Else clients would go on to wait where nobody takes them any more.
    for (const auto& listener : crew_.listeners) listener->close_sockets();
    const Duration patience =
        std::min<Duration>(kTimeToQuit, crew_.generation.unwind.value_or(kTimeToQuit));
    for_each_worker([&](WorkerProcess& worker) {
        worker.tell(Worker::Command::kQuit);
        worker.end_by(Clock::now() + patience);
    });
}

int run_master(SignalInbox& signals, const MasterOptions& options) {
    return Master{signals, options}.run();
}

}  // namespace grove::http
