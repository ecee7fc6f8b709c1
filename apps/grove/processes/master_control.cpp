// What a master answers over its control socket: its state, and how a reload ended.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <grove/http/metrics.h>

#include "control_socket.h"
#include "log_text.h"
#include "master.h"
#include "pid_file.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

// What may stand in JSON between quotes.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : escaped(text)) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

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
    std::string workers;
    const auto add_one = [&](const OwnedWorker& worker, const char* crew) {
        if (worker == nullptr || worker->pid() < 0) return;
        workers += (workers.empty() ? "" : ",") + line_of(*worker, crew);
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
                       seconds_since(born_) + R"(,"restarts":)" +
                       std::to_string(board_.restarts()) + R"(,"workers":[)" + workers +
                       R"(],"reload":)";
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
