#include "worker_logs.h"

#include <cerrno>
#include <exception>
#include <utility>

#include "log_target.h"

using namespace grove;
using namespace grove::http;

namespace {

constexpr auto kBetweenLooks = std::chrono::seconds{1};

bool is_path(const std::string& target) { return target != "-" && target != "off"; }

}  // namespace

LogPaths::LogPaths(const LogConfig& config)
    : error_{is_path(config.error)}, access_{is_path(config.access)} {
    if (error_) all_.push_back(config.error);
    if (access_) all_.push_back(config.access);
}

FileDescriptor LogPaths::take_error(std::vector<FileDescriptor>& handed) const noexcept {
    return error_ && handed.size() == all_.size() ? std::move(handed.front()) : FileDescriptor{};
}

FileDescriptor LogPaths::take_access(std::vector<FileDescriptor>& handed) const noexcept {
    return access_ && handed.size() == all_.size() ? std::move(handed.back()) : FileDescriptor{};
}

WorkerLogs::WorkerLogs(const LogConfig& config, ErrorLog log)
    : paths_{config}, log_{std::move(log)} {
    for (const std::string& path : paths_.all()) files_.push_back(require_to_hand_on(path));
}

void WorkerLogs::reopen() noexcept {
    ++changes_;
    for (std::size_t place = 0; place < files_.size(); ++place) {
        const std::string& path = paths_.all()[place];
        FileDescriptor file = open_to_hand_on(path);
        const int error = errno;
        if (file) {
            files_[place] = std::move(file);
            continue;
        }
        try {
            log_(LogLevel::kError,
                 path + ": cannot be reopened, the old file goes on: " + why_lost(error));
        } catch (const std::exception&) {
            return;  // no memory: a log fails nobody
        }
    }
}

// However many workers ask.
void WorkerLogs::look_for_readers() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) return;
    next_look_ = now + kBetweenLooks;
    for (std::size_t place = 0; place < files_.size(); ++place)
        changes_ += find_reader(paths_.all()[place], files_[place]) ? 1 : 0;
}

std::vector<int> WorkerLogs::descriptors() const {
    std::vector<int> all;
    for (const FileDescriptor& file : files_) all.push_back(file.get());
    return all;
}
