#include "master_log.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "error_line.h"

using namespace grove::http;
using namespace std::chrono_literals;
using Clock = LogLosses::Clock;

namespace {

constexpr auto kPatience = 1s;        // in the end, in all
constexpr auto kNobodyReads = 250ms;  // if none of what waits is taken meanwhile

}  // namespace

// Owned by what open() returned.
struct MasterLog::File {
    std::string path;
    std::weak_ptr<MasterLines> lines;
};

MasterLog::MasterLog() : standard_error_{std::make_shared<MasterLines>("", STDERR_FILENO)} {}
MasterLog::~MasterLog() = default;

void MasterLog::say(std::string_view lines) {
    standard_error_->add(lines);
    tell_elsewhere();
}

ErrorLog MasterLog::open(const LogConfig& config) {
    if (config.error == "off") return [](LogLevel, std::string_view) {};
    return [lines = lines_of(config.error), least = config.level](LogLevel level,
                                                                  std::string_view text) {
        if (level >= least) lines->add(error_line(level, text, std::chrono::system_clock::now()));
    };
}

std::shared_ptr<MasterLines> MasterLog::lines_of(const std::string& target) {
    if (target == "-") return standard_error_;
    std::erase_if(files_, [](const File& file) { return file.lines.expired(); });
    const auto same = std::find_if(files_.begin(), files_.end(),
                                   [&](const File& file) { return file.path == target; });
    if (same != files_.end()) {
        std::rotate(same, same + 1, files_.end());
        auto lines = files_.back().lines.lock();
        if (lines->wanted() < 0) lines->reopen();
        return lines;
    }
    auto lines = std::make_shared<MasterLines>(target, -1);
    files_.push_back({target, lines});
    return lines;
}

std::vector<std::shared_ptr<MasterLines>> MasterLog::all() const {
    std::vector<std::shared_ptr<MasterLines>> all{standard_error_};
    for (const File& file : files_) {
        if (auto lines = file.lines.lock()) all.push_back(std::move(lines));
    }
    return all;
}

// What standard error has lost stands in the log, if that is elsewhere.
void MasterLog::tell_elsewhere() {
    const auto all_lines = all();
    if (all_lines.size() == 1) return;
    if (const auto losses = standard_error_->take_losses()) all_lines.back()->add(*losses);
}

void MasterLog::finish() {
    const auto end = Clock::now() + kPatience;
    for (const auto& lines : all()) lines->finish();
    tell_elsewhere();
    for (;;) {
        std::vector<pollfd> wanted;
        for (const int fd : unwritten().descriptors)
            wanted.push_back({.fd = fd, .events = POLLOUT, .revents = 0});
        if (wanted.empty() || Clock::now() >= end) return;
        if (::poll(wanted.data(), wanted.size(), static_cast<int>(kNobodyReads / 1ms)) == 0) return;
        write();
    }
}

MasterOutput::Unwritten MasterLog::unwritten() const {
    Unwritten unwritten;
    for (const auto& lines : all()) {
        if (lines->wanted() >= 0) unwritten.descriptors.push_back(lines->wanted());
        unwritten.due = std::min(unwritten.due, lines->due());
    }
    return unwritten;
}

void MasterLog::write() {
    for (const auto& lines : all()) lines->write();
}

void MasterLog::reopen() {
    for (const auto& lines : all()) lines->reopen();
}

void MasterLog::leave() {
    for (const auto& lines : all()) lines->close();
}
