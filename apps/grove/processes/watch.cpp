#include "watch.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log_text.h"
#include "process_state.h"
#include "report_text.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kTimeToAnswer = 1s;        // of a worker that is asked what it does
constexpr auto kTimeToNameStacks = 1s;    // of the child that finds out the names
constexpr Duration kLate = 100ms;         // beyond that the master itself may have stood still
constexpr std::size_t kMostSamples = 10;  // in a minute
constexpr std::size_t kMostPlaces = 100;
constexpr std::size_t kLongestText = 32768;

// To the thread that serves: another one knows nothing.
void signal_thread(pid_t pid, int number) noexcept { ::syscall(SYS_tgkill, pid, pid, number); }

std::string in_seconds(Duration duration) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.2f s",
                  std::chrono::duration<double>{duration}.count());
    return text.data();
}

std::string described(const SampleNote& sample) {
    const std::string_view name{sample.greenlet.data(),
                                ::strnlen(sample.greenlet.data(), sample.greenlet.size())};
    const std::string greenlet = "greenlet \"" + escaped(name) + "\"";
    if (!sample.request.certain()) return greenlet;
    std::string text = escaped(sample.request.text()) + " (";
    const std::string id = escaped(sample.request.id());
    const std::string mount = escaped(sample.request.mount());
    if (!id.empty()) text += "request " + id + ", ";
    text += stream_text(sample.request.stream(), "stream ", ", ");
    if (!mount.empty()) text += "mount " + mount + ", ";
    return text + greenlet + ")";
}

// In the child: place and text, in one message.
int send_names(const StackNote& stack, const FileDescriptor& channel) {
    try {
        const StackNames names = names_of(stack);
        const std::string message = names.place + '\n' + names.text.substr(0, kLongestText);
        const ssize_t sent = ::send(channel.get(), message.data(), message.size(), MSG_NOSIGNAL);
        return sent < 0 ? 1 : 0;
    } catch (const std::exception&) {  // no memory, no /proc
        return 1;
    }
}

StackNames receive_names(int channel) {
    std::string message(2 * kLongestText, '\0');
    const ssize_t got = ::recv(channel, message.data(), message.size(), MSG_DONTWAIT);
    message.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::size_t end = message.find('\n');
    if (end == message.npos) return {};
    return {.text = message.substr(end + 1), .place = message.substr(0, end)};
}

}  // namespace

WorkerClock::Limits Watch::limits_of(const Generation& generation) {
    WorkerClock::Limits limits;
    limits.reports = generation.blocking.has_value();
    limits.blocking = generation.blocking.value_or(limits.blocking);
    limits.unresponsive = generation.unresponsive;
    return limits;
}

Watch::Watch(Scoreboard& board, ErrorLog log, SendOut send_out)
    : board_{board},
      log_{std::move(log)},
      send_out_{std::move(send_out)},
      samples_{kMostSamples},
      places_{kMostPlaces} {}

void Watch::wake_at(Clock::time_point when) noexcept { next_look_ = std::min(next_look_, when); }

void Watch::look(const std::vector<WorkerProcess*>& workers, Clock::time_point now) {
    const Clock::time_point planned = std::exchange(next_look_, Clock::time_point::max());
    for (WorkerProcess* worker : workers) {
        WorkerClock& clock = worker->record().clock;
        // Whoever stopped the master for so long may have stopped the workers, too.
        if (now > planned && now - planned > std::max(kLate, clock.first_limit() / 2))
            clock.leave_out(now - planned, worker->notes().heartbeat, now);
        look_at(*worker, now);
    }
    rest_if_all_poll(workers, now);
}

void Watch::look_at(WorkerProcess& worker, Clock::time_point now) {
    WorkerRecord& record = worker.record();
    record.answers = false;
    if (!worker.ready() || worker.pid() <= 0) return;
    take_sample(worker, now);
    if (record.end) return end_when_told(worker, now);
    if (const auto since = record.clock.busy_since(worker.notes().heartbeat)) {
        found_busy(worker, std::min(*since, now), now);
    } else {
        record.answers = true;
        record.stood = false;
        wake_at(now + record.clock.first_limit());
    }
}

void Watch::found_busy(WorkerProcess& worker, Clock::time_point since, Clock::time_point now) {
    WorkerRecord& record = worker.record();
    const Duration limit = record.clock.first_limit();
    record.answers = true;
    if (now - since < limit) return wake_at(since + limit);
    // Once more after it went on: it may have done so just now.
    const bool stood = std::exchange(record.stood, stands_still(worker.pid()));
    if (!stood && !record.stood) return found_over(worker, since, now);
    record.clock.restart(now);
    wake_at(now + limit);
}

void Watch::found_over(WorkerProcess& worker, Clock::time_point since, Clock::time_point now) {
    WorkerRecord& record = worker.record();
    const WorkerClock::Limits& limits = record.clock.limits();
    const Duration kept = now - since;
    record.answers = false;
    board_.count_blocking(record.clock.count(since, now));
    if (limits.unresponsive && kept >= *limits.unresponsive) {
        record.end = now + kTimeToAnswer + kTimeToNameStacks;
        return ask(worker, {.kept = kept, .last = true}, now);
    }
    wake_at(now + limits.blocking);
    if (limits.unresponsive) wake_at(since + *limits.unresponsive);
    const auto turn = worker.notes().heartbeat.busy_since();
    if (!limits.reports || turn == record.sampled) return;
    // Only asking tells what keeps the worker, and asking has effects (watched.h). Until then the
    // request that began last stands for it.
    if (samples_.is_new(worker.metrics().note.text(), now)) ask(worker, {.kept = kept}, now);
}

void Watch::ask(WorkerProcess& worker, WorkerRecord::Sample sample, Clock::time_point now) {
    const auto turn = worker.notes().heartbeat.busy_since();
    if (!turn) return;  // it has just gone on
    SampleNote& note = worker.notes().sample;
    sample.number = note.asked + 1;
    sample.due = now + kTimeToAnswer;
    note.turn = turn->count();
    note.asked.store(sample.number, std::memory_order_release);
    worker.record().sampled = *turn;
    worker.record().sample = sample;
    wake_at(sample.due);
    signal_thread(worker.pid(), SIGURG);
}

void Watch::take_sample(WorkerProcess& worker, Clock::time_point now) {
    WorkerRecord& record = worker.record();
    if (!record.sample) return;
    const SampleNote& note = worker.notes().sample;
    const bool answered = note.answered.load(std::memory_order_acquire) == record.sample->number;
    if (!answered && now < record.sample->due) return wake_at(record.sample->due);
    const WorkerRecord::Sample sample = *std::exchange(record.sample, std::nullopt);
    if (answered && note.over) return record.end.reset();
    Report report{.worker = "worker " + std::to_string(worker.pid()),
                  .who = answered ? described(note) : "something that cannot be interrupted",
                  .mount = answered ? note.request.mount() : "",
                  .kept = sample.kept,
                  .last = sample.last};
    const std::string last_begun = escaped(worker.metrics().note.text());
    if (!answered && !last_begun.empty()) report.who += "; the request begun last is " + last_begun;
    find_names(answered ? note.stack : StackNote{},
               [this, report, number = sample.number,
                record = worker.kept_record()](const StackNames& names) {
                   tell(report, names);
                   const auto kept = record.lock();
                   if (kept != nullptr && report.last) kept->line_written = number;
               });
}

void Watch::tell(const Report& report, const StackNames& stack) {
    const std::string place = report.mount + ' ' + (stack.text.empty() ? report.who : stack.place);
    if (!places_.is_new(place, Clock::now()) && !report.last) return;
    std::string line = report.worker + " has been kept for " + in_seconds(report.kept) +
                       (report.last ? ", which is timeouts.worker, by " : " by ") + report.who;
    if (report.last) line += "; the worker is told to abort";
    if (!stack.text.empty()) line += ": " + stack.text;
    if (log_) log_(report.last ? LogLevel::kError : LogLevel::kWarn, line);
}

// Finding names reads files, for which the master must not wait. If that takes too long, or there can be no further
// process, places will do.
void Watch::find_names(const StackNote& stack, std::function<void(const StackNames& names)> then) {
    if (stack.call_count == 0) return then({});
    try {
        send_out_([stack](FileDescriptor channel) { return send_names(stack, channel); },
                  [stack, then](int channel) {
                      const StackNames names = receive_names(channel);
                      then(names.text.empty() ? places_of(stack) : names);
                  });
    } catch (const std::exception&) {  // no further process
        then(places_of(stack));
    }
}

void Watch::tell_crash(const std::string& name, const WorkerProcess& worker) {
    if (worker.notes().crash.call_count == 0) return;
    find_names(worker.notes().crash, [this, name](const StackNames& names) {
        if (log_ && !names.text.empty()) log_(LogLevel::kError, name + ": stack: " + names.text);
    });
}

void Watch::end_when_told(WorkerProcess& worker, Clock::time_point now) {
    WorkerRecord& record = worker.record();
    if (record.told_to_abort) return;
    if (worker.notes().heartbeat.busy_since() != record.sampled) return record.end.reset();
    const bool line_written = record.line_written == worker.notes().sample.asked;
    if (!line_written && now < *record.end) return wake_at(*record.end);
    record.told_to_abort = true;
    signal_thread(worker.pid(), SIGABRT);
    worker.end_by(now + kTimeToAbort);
}

void Watch::rest_if_all_poll(const std::vector<WorkerProcess*>& workers, Clock::time_point now) {
    Duration shortest = Duration::max();
    const bool was_resting = std::exchange(rests_, false);
    bool rested = was_resting;
    for (WorkerProcess* worker : workers) {
        if (!worker->ready()) continue;
        shortest = std::min(shortest, worker->record().clock.first_limit());
        const Heartbeat& heartbeat = worker->notes().heartbeat;
        if (worker->record().sample || heartbeat.busy_since()) return quiet_since_.reset();
        rested = rested && heartbeat.asked();
    }
    // Not at once: who has little to do would tell all the time.
    if (!quiet_since_ || (was_resting && !rested)) quiet_since_ = now;
    if (!rested && now - *quiet_since_ < shortest) return;
    rests_ = std::all_of(workers.begin(), workers.end(), [](WorkerProcess* worker) {
        return !worker->ready() || worker->notes().heartbeat.ask();
    });
    if (rests_) next_look_ = Clock::time_point::max();
}

}  // namespace grove::http
