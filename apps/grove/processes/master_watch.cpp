// What a master does about workers that do not answer, about its errands in the end, and the last it says.
#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include "file_changes.h"
#include "master.h"
#include "one_line.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kTimeToFinish = 1s;      // of errands, when all else is over
constexpr auto kTimeToKill = 200ms;     // of it
constexpr auto kTimeToReplace = 500ms;  // a dead worker, before another one stands in

constexpr int kExitLost = 1;  // a worker died while it was to end

}  // namespace

void Master::watch() {
    std::vector<WorkerProcess*> workers;
    for_each_worker([&](WorkerProcess& worker) { workers.push_back(&worker); });
    watch_.look(workers, Clock::now());
    const auto answers = [](const OwnedWorker& one) {
        return one != nullptr && one->record().answers;
    };
    const Crew& crew = !served_ && next_ ? *next_ : crew_;
    const bool nobody = std::none_of(crew.workers.begin(), crew.workers.end(), answers);
    const Clock::time_point now = Clock::now();
    stand_in(crew, nobody, now);
    if (alive_at_ > now) return;
    alive_at_ = now + *options_.alive_every;
    if (!nobody) options_.alive();
}

// Nobody could be asked for the state while no worker answers, so a stand-in answers. It waits a
// little: the first workers, or a dead worker's successor, may be there soon.
void Master::stand_in(const Crew& crew, bool nobody_answers, Clock::time_point now) {
    const Generation::StandIn& what = crew.generation.stand_in;
    if (!nobody_answers && stand_in_ != nullptr)
        stand_in_->process.close_channel();  // it ends then
    if (!nobody_answers || stand_in_ != nullptr || stopping_ || !what.run) {
        stand_in_at_ = Clock::time_point::max();
        return;
    }
    const auto is_there = [](const OwnedWorker& one) { return one != nullptr && one->ready(); };
    const bool kept = std::any_of(crew.workers.begin(), crew.workers.end(), is_there);
    if (stand_in_at_ == Clock::time_point::max()) stand_in_at_ = kept ? now : now + kTimeToReplace;
    if (now < stand_in_at_) return;
    stand_in_at_ = now + kTimeToReplace;  // if this one fails
    std::vector<int> sockets;             // in the child
    try {
        stand_in_ = &send_out(
            [&](FileDescriptor channel) { return what.run(sockets, std::move(channel), board_); },
            [this](int) { stand_in_ = nullptr; },
            [&] { sockets = crew.listeners[what.listener]->take_share(0, 1); });
    } catch (const std::exception& error) {
        log(LogLevel::kError,
            std::string{"no stand-in for the workers can be started: "} + error.what());
    }
}

// In a child, as a folder may be far away. What the one before knows of and has not told was there when the stamps were
// taken, or they tell of it.
void Master::watch_files(const std::vector<WatchedFile>& files) {
    const auto same = [](const WatchedFile& a, const WatchedFile& b) { return a.path == b.path; };
    if (watcher_ != nullptr &&
        std::equal(files.begin(), files.end(), watched_files_.begin(), watched_files_.end(), same))
        return;  // it sees all since
    watched_files_ = files;
    if (watcher_ != nullptr) {
        watcher_->heard = {};
        std::exchange(watcher_, nullptr)->process.close_channel();  // it ends then
    }
    if (files.empty()) return;
    try {
        watcher_ = &send_out(
            [&](FileDescriptor channel) { return tell_changes(files, std::move(channel)); },
            [](int) {});
        watcher_->heard = [this] { hear_of_changes(); };
        watcher_->ended = [this, own = watcher_](int status) {
            if (watcher_ != own) return;
            watcher_ = nullptr;
            log(LogLevel::kError,
                "changes of files are no longer seen: the process that looks for them " +
                    how_it_ended(status));
        };
    } catch (const std::exception& error) {
        log(LogLevel::kError, std::string{"changes of files will not be seen: "} + error.what());
    }
}

void Master::hear_of_changes() {
    std::array<char, 4096> name{};
    const int channel = watcher_->process.channel();
    for (;;) {
        const ssize_t size = ::recv(channel, name.data(), name.size(), MSG_DONTWAIT);
        if (size == 0) watcher_->process.close_channel();  // waitpid() tells the rest
        if (size <= 0) return;
        const std::string_view file{name.data(), static_cast<std::size_t>(size)};
        log(LogLevel::kInfo, one_line("reload: " + std::string{file} + " has changed"));
        reload_again_ = true;
    }
}

// Once: when the kernel lets go of one it ends.
void Master::kill_overdue_errands() {
    const Clock::time_point now = Clock::now();
    for (const auto& errand : errands_) {
        if (errand->due > now) continue;
        errand->process.signal(SIGKILL);
        errand->due = Clock::time_point::max();
    }
}

// An errand may find out the last that is said of a worker.
void Master::finish_errands() {
    if (stand_in_ != nullptr) stand_in_->process.close_channel();
    watch_files({});
    const Clock::time_point end = Clock::now() + kTimeToFinish;
    const auto aborts = [](const OwnedWorker& worker) { return worker->deadline().has_value(); };
    while ((!errands_.empty() || std::any_of(dropped_.begin(), dropped_.end(), aborts)) &&
           Clock::now() < end) {
        for (const auto& errand : errands_) errand->due = std::min(errand->due, end - kTimeToKill);
        ::poll(nullptr, 0, 10);
        kill_overdue_errands();
        reap();
    }
}

// @return the exit code
int Master::end() {
    finish_errands();
    if (served_) {
        log(lost_ ? LogLevel::kError : LogLevel::kInfo,
            lost_ ? "stop: stopped, but a worker was lost" : "stop: stopped");
    }
    const int exit_code = served_ && lost_ ? kExitLost : exit_code_;
    if (control_ != nullptr) control_->ends(R"({"exit":)" + std::to_string(exit_code) + "}");
    return exit_code;
}

}  // namespace grove::http
