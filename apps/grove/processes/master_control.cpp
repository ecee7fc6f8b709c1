// What a master answers over its control socket: its state, and how a reload ended.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <grove/http/metrics.h>

#include "control_socket.h"
#include "log_text.h"
#include "longest_requests.h"
#include "master.h"
#include "pid_file.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

using Instant = Timer::Instant;

// A worker that is asked without pause has more to do than to answer.
constexpr auto kAskAgain = std::chrono::milliseconds{50};
// What it answered earlier says nothing of now, unless its thread has not come back to its loop since.
constexpr auto kFresh = std::chrono::seconds{3};
// Beyond what its workers are granted: to kill who is left, to write what is left to say.
constexpr auto kRoomToStop = std::chrono::seconds{10};

// Of printable text.
std::string between_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

// What may stand in JSON between quotes.
std::string quoted(std::string_view text) { return between_quotes(escaped(text)); }

std::string lines_in_json(std::string_view lines) {
    std::string result;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        if (!line.empty()) result += (result.empty() ? "" : ",") + quoted(line);
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    }
    return "[" + result + "]";
}

std::string seconds_since(std::chrono::steady_clock::time_point when) {
    const auto since = std::chrono::steady_clock::now() - when;
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(since).count());
}

// Takes what it has answered, and asks it anew: never waits for it.
void ask_for_requests(WorkerProcess& worker, Instant now) {
    WorkerRecord& record = worker.record();
    LongestRequests& note = worker.notes().requests;
    if (note.answered.load(std::memory_order_acquire) != record.requests_asked) return;
    if (record.requests_asked != 0) {
        record.requests = note.read(worker.pid(), now);
        record.requests_noted = Instant{std::clamp<Instant::rep>(note.noted, 0, now.count())};
    }
    const WorkerRecord::Clock::time_point at{now};
    if (at - record.requests_asked_at < kAskAgain) return;
    record.requests_asked_at = at;
    note.asked.store(++record.requests_asked, std::memory_order_release);
    worker.tell(Worker::Command::kShow);
}

// One without a request is left alone.
void add_requests(std::vector<RunningRequest>& all, WorkerProcess& worker, Instant now) {
    if (!worker.ready() || worker.metrics().in_flight.value() == 0) return;
    ask_for_requests(worker, now);
    const WorkerRecord& record = worker.record();
    const Instant until = worker.notes().heartbeat.busy_since().value_or(now);
    if (record.requests_noted < std::min(until, now) - kFresh) return;
    all.insert(all.end(), record.requests.begin(), record.requests.end());
}

std::string line_of(const RunningRequest& request, Instant now) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - request.began);
    const std::string thousandths = std::to_string(1000 + age.count() % 1000).substr(1);
    return R"({"pid":)" + std::to_string(request.worker) + R"(,"seconds":)" +
           std::to_string(age.count() / 1000) + "." + thousandths + R"(,"method":)" +
           between_quotes(request.method) + R"(,"path":)" + between_quotes(request.path) +
           R"(,"id":)" + between_quotes(request.id) + "}";
}

std::string lines_of(std::vector<RunningRequest> requests, Instant now) {
    std::string lines;
    for (const RunningRequest& request : longest_of(std::move(requests)))
        lines += (lines.empty() ? "" : ",") + line_of(request, now);
    return "[" + lines + "]";
}

}  // namespace

// Once: it is where the master was started, whatever a reload says of it.
void Master::open_control() {
    if (served_ || !options_.opened) return;
    pid_file_ = options_.opened();
    if (pid_file_ == nullptr) return;
    control_ = std::make_unique<ControlSocket>(
        pid_file_->control(), ControlSocket::Answers{.status = [this] { return status_line(); },
                                                     .reload =
                                                         [this] {
                                                             reload_again_ = true;
                                                             return reload_line();
                                                         }});
}

void Master::leave_control() noexcept {
    if (control_ != nullptr) control_->leave();
    if (pid_file_ != nullptr) pid_file_->leave();
}

std::string Master::reload_line() const {
    const Timespan& time = crew_.generation.load;
    return R"({"reload":"asked","within":)" +
           (time && served_ ? std::to_string(std::chrono::ceil<std::chrono::seconds>(*time).count())
                            : "null") +
           "}";
}

// @param why  lines; "": it was done
void Master::reload_is_over(const std::string& why) {
    last_reload_ = {.when = Clock::now(), .why = why};
    if (control_ == nullptr) return;
    control_->reload_ends(why.empty() ? R"({"reload":"done"})"
                                      : R"({"reload":"failed","why":)" + lines_in_json(why) + "}");
}

// In seconds, from now on; "null": any time.
std::string Master::time_to_stop() const {
    const auto last = crew_.last_moment();
    if (!last) return "null";
    const auto left = std::chrono::ceil<std::chrono::seconds>(*last - Clock::now());
    return std::to_string((left + kRoomToStop).count());
}

void Master::serve_control() {
    if (control_ == nullptr) return;
    control_->serve(Clock::now());
    if (!stopping_) return;
    control_->reload_begins();  // those that were asked for are not to be
    control_->reload_ends(R"({"reload":"failed","why":["the server stops"]})");
}

std::string Master::status_line() {
    const char* const state = stopping_        ? "stopping"
                              : !served_       ? "starting"
                              : load_ || next_ ? "reloading"
                                               : "serving";
    const Instant now = Clock::now().time_since_epoch();
    std::string workers;
    std::vector<RunningRequest> requests;
    const auto add_one = [&](const OwnedWorker& worker, const char* crew) {
        if (worker == nullptr || worker->pid() < 0) return;
        workers += (workers.empty() ? "" : ",") + line_of(*worker, crew);
        add_requests(requests, *worker, now);
    };
    const auto add = [&](const std::vector<OwnedWorker>& those, const char* crew) {
        for (const OwnedWorker& worker : those) add_one(worker, crew);
    };
    add(crew_.workers, "current");
    if (hand_over_) add_one(hand_over_->successor, "next");
    if (next_) add(next_->workers, "next");
    add(retired_, "former");
    std::string line = R"({"master":)" + std::to_string(::getpid()) + R"(,"state":")" + state +
                       R"(","generation":)" + std::to_string(generation_) + R"(,"seconds":)" +
                       seconds_since(born_) + R"(,"stops_within":)" + time_to_stop() +
                       R"(,"restarts":)" + std::to_string(board_.restarts()) + R"(,"workers":[)" +
                       workers + R"(],"requests":)" + lines_of(std::move(requests), now) +
                       R"(,"reload":)";
    if (!last_reload_) return line + "null}";
    return line + R"({"successful":)" + (last_reload_->why.empty() ? "true" : "false") +
           R"(,"seconds_ago":)" + seconds_since(last_reload_->when) + R"(,"why":)" +
           lines_in_json(last_reload_->why) + "}}";
}

std::string Master::line_of(WorkerProcess& worker, const char* crew) {
    const bool drains = worker.notes().state == WorkerNotes::State::kDraining;
    const char* const state = !worker.ready()            ? "loading"
                              : drains                   ? "draining"
                              : !worker.record().answers ? "blocked"
                                                         : "ready";
    const ServerMetrics& metrics = worker.metrics();
    return R"({"pid":)" + std::to_string(worker.pid()) + R"(,"crew":")" + crew + R"(","state":")" +
           state + R"(","seconds":)" + seconds_since(worker.born()) + R"(,"connections":)" +
           std::to_string(metrics.connections.value()) + R"(,"idle":)" +
           std::to_string(metrics.idle.value()) + R"(,"in_flight":)" +
           std::to_string(metrics.in_flight.value()) + "}";
}

}  // namespace grove::http
