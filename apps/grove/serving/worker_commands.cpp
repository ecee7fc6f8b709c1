#include "worker_commands.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <unistd.h>

#include <grove/core/hub.h>
#include <grove/core/wait.h>
#include <grove/http/stopping.h>

#include "ending.h"
#include "exit_codes.h"
#include "greenlet_report.h"
#include "request_id_of.h"
#include "worker_notes.h"

using namespace grove;
using namespace grove::http;

namespace {

constexpr Duration kQuick = std::chrono::seconds{2};      // after QUIT: the master waits one more
constexpr Duration kTimeToAsk = std::chrono::seconds{5};  // for who connected when the stop began
constexpr Duration kLook = std::chrono::milliseconds{5};
constexpr int kTurnsToEnd = 16;  // a link wakes who wakes who answers
constexpr Duration kTimeToHeed = std::chrono::milliseconds{300};

int gravity(Worker::Command command) {
    switch (command) {
        case Worker::Command::kQuit:
            return 2;
        case Worker::Command::kStop:
            return 1;
        default:
            return 0;
    }
}

// Lets the hub look at all descriptors at least once: what was accepted is read.
void let_the_hub_poll() {
    const std::uint64_t rounds = get_hub().rounds();
    while (get_hub().rounds() < rounds + 2) sleep();
}

}  // namespace

WorkerCommands::WorkerCommands(const Config& config, Servers& servers, Servers& admin,
                               Backdoor& backdoor, const Logs& logs, bool master_opens)
    : config_{config},
      servers_{servers},
      admin_{admin},
      backdoor_{backdoor},
      logs_{logs},
      log_{logs.error()},
      master_opens_{master_opens} {}

void WorkerCommands::obey(Worker& worker) {
    obeying_ = getcurrent();
    for (;;) {
        const Command command = worker.next_command();
        if (command == Command::kDump || command == Command::kReopen ||
            command == Command::kFiles || command == Command::kShow) {
            do_beside(command, worker);
            sleep();  // whoever asks without pause must not have the thread for himself
            continue;
        }
        tell(command);
        if (command == Command::kQuit) return;
    }
}

void WorkerCommands::do_beside(Command command, Worker& worker) {
    if (command == Command::kDump) return dump();
    if (command == Command::kShow) return show(worker);
    if (command == Command::kFiles) return logs_.reopen(worker.take_files());
    master_opens_ ? worker.ask_for_files() : logs_.reopen();
}

// Whoever obeys must not end for want of memory: then nothing is shown.
void WorkerCommands::show(Worker& worker) const {
    try {
        worker.notes().requests.answer(requests(), request_id_of);
    } catch (const std::exception&) {
        return;
    }
}

// What on_dump() was given may block, or never end: whoever obeys does not wait for it.
void WorkerCommands::dump() {
    dump_asked_ = true;
    if (dumping_.valid() && !dumping_.dead()) return;  // it does this one too, when it is done
    dumping_ = spawn([this] {
        while (std::exchange(dump_asked_, false)) report_greenlets(logs_.asked_for());
    });
}

void WorkerCommands::tell(Command command) {
    if (command_ && gravity(command) <= gravity(*command_)) return;
    command_ = command;
    told_at_ = get_hub().loop().tick();
    if (waiting_ != AnyGreenlet{}) waiting_.kill(GreenletExit{}, false);
    told_.set();
}

void WorkerCommands::until_told() {
    told_.wait();
    // Before drain_delay. At a reload the servers do it: who ends then must find that connections are not kept.
    if (*command_ != Command::kRetire) stopping().set();
    if (*command_ == Command::kRetire) retire();
    if (*command_ == Command::kStop) stop();
    cut();
    // What these are answering is short.
    for (const auto& server : admin_) server->stop(std::chrono::milliseconds{200});
    backdoor_.stop();
    end_what_is_left();
}

// Others have taken over: idle connections may have one more answer.
void WorkerCommands::retire() {
    phase_ = Command::kRetire;
    retired_ = true;
    for (const auto& server : admin_) server->accept_queued();  // its listener may go
    take_what_is_queued();
    for (const auto& server : servers_) server->retire();
    for (const auto& server : admin_) server->retire();  // the new workers are asked from now on
    backdoor_.close();
    say("reload: this worker finishes " + std::to_string(total(&WsgiServer::connections)) +
        " connections, then ends");
    // WebSockets are told of it in the time of drain_delay.
    Timespan patience = config_.shutdown;
    if (patience) *patience += config_.drain_delay.value_or(Duration::zero());
    const Deadline deadline{patience};
    const auto are_finished = [&](const Servers& some) {
        return unless_overruled(
            [&] { return wait_for_each(some, &WsgiServer::join_connections, deadline); });
    };
    if (are_finished(servers_)) say("reload: all connections are finished");
    are_finished(admin_);  // who has connected may ask
}

void WorkerCommands::stop() {
    phase_ = Command::kStop;
    const Duration delay = config_.drain_delay.value_or(Duration::zero());
    if (!retired_ && delay != Duration::zero()) {
        const auto seconds = std::chrono::duration<double>{delay}.count();
        say("stop: serving goes on for drain_delay, " + std::to_string(seconds) + " s");
        unless_overruled([delay] {
            sleep(delay);
            return true;
        });
        told_at_ = get_hub().loop().tick();
    }
    if (*command_ != phase_) return;
    take_what_is_queued();
    const Deadline deadline{config_.shutdown};
    let_newcomers_ask(deadline);
    close();
    say("stop: the listeners are closed; " + std::to_string(total(&WsgiServer::requests_running)) +
        " requests run or wait");
    if (unless_overruled(
            [&] { return wait_for_each(servers_, &WsgiServer::join_requests, deadline); }))
        say("stop: all requests are answered");
}

// At QUIT: whoever heeds stopping() ends whole, if it has its turn. Nobody is waited for.
void WorkerCommands::let_end_who_heeds() {
    const auto running = [this] { return total(&WsgiServer::requests_running); };
    const Deadline deadline{kTimeToHeed};  // others may have their turns meanwhile
    for (int turns = kTurnsToEnd; turns != 0 && running() != 0 && !deadline.passed(); --turns) {
        const std::size_t before = running();
        sleep();
        if (running() < before) turns = kTurnsToEnd;
    }
}

// What is left by now is not waited for.
void WorkerCommands::cut() {
    close();
    if (*command_ == Command::kQuit) let_end_who_heeds();
    const std::vector<RequestInfo> left = requests();
    const char* const why =
        *command_ == Command::kQuit ? "at once" : "timeouts.shutdown has passed";
    const std::string begin = phase_begin();
    if (!left.empty()) {
        log_(LogLevel::kWarn,
             begin + why + ": " + std::to_string(left.size()) + " requests are cut");
    }
    report_requests(log_, LogLevel::kWarn, begin + "cut: ", left);
    unwind_ = Deadline{config_.unwind};
    std::vector<AnyGreenlet> stops;  // beside one another: each gives its handlers time to unwind
    for (const auto& server : servers_)
        stops.push_back(spawn([&server] { server->stop(Duration::zero()); }));
    if (!all_end(stops)) {
        const std::vector<RequestInfo> unended = requests();
        report_requests(log_, LogLevel::kError, begin + "would not end: ", unended);
        end_without(std::to_string(unended.size()) + " requests");
    }
    joinall(stops);
}

/// @return false: they have not within timeouts.unwind, or QUIT's time
bool WorkerCommands::all_end(const std::vector<AnyGreenlet>& stops) {
    return within_unwind([&](Timespan time) {
        const Deadline deadline{time};
        joinall(stops, time);
        return wait_for_each(servers_, &WsgiServer::join_requests, deadline);
    });
}

// Nobody asks the applications any more. What they, or their requests, have begun may use what they hold.
void WorkerCommands::end_what_is_left() {
    Ending ending{{obeying_}};
    const std::size_t count = ending.left().size();
    if (count == 0) return;
    const std::string begin = phase_begin();
    say(begin + std::to_string(count) + " greenlets that applications began are killed");
    if (within_unwind([&](Timespan time) { return ending.wait(time); })) return;
    const std::vector<AnyGreenlet> left = ending.left();
    for (const std::string& line : lines_of(left))
        log_(LogLevel::kError, begin + "would not end: " + line);
    end_without(std::to_string(left.size()) + " greenlets");
}

/// @param function  is given the time that is left; called again if it was overruled
/// @return what it said
template <class Function>
bool WorkerCommands::within_unwind(Function function) {
    for (;;) {
        phase_ = *command_;
        bool all = false;
        const bool waited = unless_overruled([&] {
            all = function(time_to_unwind());
            return true;
        });
        if (waited) return all;
    }
}

Timespan WorkerCommands::time_to_unwind() {
    const Timespan left = unwind_.left();
    if (phase_ != Command::kQuit) return left;
    if (!quick_) quick_.emplace(kQuick);
    return std::min<Duration>(left.value_or(kQuick), quick_->left().value_or(kQuick));
}

// They have swallowed what kills them, or wait in a destructor. Servers that answer cannot be destroyed, nor can
// applications that are in use.
void WorkerCommands::end_without(const std::string& what) {
    log_(LogLevel::kError, phase_begin() + what +
                               " would not end: this worker ends without them, exit code " +
                               std::to_string(kExitUnended));
    logs_.finish();
    ::_exit(kExitUnended);
}

std::string WorkerCommands::phase_begin() const {
    return *command_ == Command::kRetire ? "reload: " : "stop: ";
}

std::vector<RequestInfo> WorkerCommands::requests() const {
    std::vector<RequestInfo> all;
    for (const auto& server : servers_) {
        for (RequestInfo& request : server->requests()) all.push_back(std::move(request));
    }
    return all;
}

void WorkerCommands::take_what_is_queued() {
    for (const auto& server : servers_) server->accept_queued();
    let_the_hub_poll();
}

// The request of who has connected since the command may be under way. How long it takes counts for timeouts.shutdown.
void WorkerCommands::let_newcomers_ask(const Deadline& deadline) {
    const auto are_there = [this] {
        return std::any_of(servers_.begin(), servers_.end(),
                           [this](const auto& server) { return server->newcomers(told_at_) != 0; });
    };
    if (!are_there()) return;
    for (const auto& server : servers_) server->retire();  // no more of them, and one answer each
    const Deadline asked{std::min(kTimeToAsk, deadline.left().value_or(kTimeToAsk))};
    unless_overruled([&] {
        while (are_there() && !asked.passed()) sleep(kLook);
        return true;
    });
}

// On all listeners before any is waited for.
void WorkerCommands::close() {
    for (const auto& server : servers_) server->close();
}

/// @return whether `function` has run to its end, and what it said
template <class Function>
bool WorkerCommands::unless_overruled(Function function) {
    if (*command_ != phase_) return false;
    bool done = false;
    waiting_ = spawn([&] { done = function(); });
    waiting_.join();
    waiting_ = {};
    return done;
}

/// @return false: the deadline came first
bool WorkerCommands::wait_for_each(const Servers& servers, bool (WsgiServer::*join)(Timespan),
                                   const Deadline& deadline) {
    bool all = true;
    for (const auto& server : servers) all = ((*server).*join)(deadline.left()) && all;
    return all;
}

void WorkerCommands::say(const std::string& line) { log_(LogLevel::kInfo, line); }

std::size_t WorkerCommands::total(std::size_t (WsgiServer::*count)() const noexcept) const {
    std::size_t all = 0;
    for (const auto& server : servers_) all += ((*server).*count)();
    return all;
}
