#include "log_target.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grove/http/config.h>

namespace {

int open_log(const std::string& path) noexcept {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}

std::size_t count_lines(std::string_view lines) noexcept {
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

LogTarget::LogTarget(std::string path, int standard) : name_{std::move(path)}, standard_{standard} {
    if (name_.empty()) {
        name_ = standard_ == STDOUT_FILENO ? "standard output" : "standard error";
    } else {
        path_ = std::filesystem::absolute(name_).string();
        file_.reset(open_log(path_));
        if (!file_) {
            throw grove::http::ConfigError{{name_ + ": cannot be opened for a log: " +
                                            std::generic_category().message(errno)}};
        }
    }
    look_at_kind();
}

LogTarget::~LogTarget() = default;

void LogTarget::look_at_kind() noexcept {
    struct stat status {};
    regular_ = fstat(fd(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string_view LogTarget::next_piece(std::string_view lines) const noexcept {
    if (regular_ || lines.size() <= PIPE_BUF) {
        return lines;
    }
    std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
    if (end == std::string_view::npos) {  // a line too long to be written at once
        end = lines.find('\n');
    }
    return lines.substr(0, end + 1);
}

LogTarget::Outcome LogTarget::write(std::string_view lines) noexcept {
    if (torn_ && ::write(fd(), "\n", 1) == 1) {
        torn_ = false;
    }
    while (!lines.empty()) {
        const std::string_view piece = next_piece(lines);
        const ssize_t written = ::write(fd(), piece.data(), piece.size());
        if (written > 0) {
            torn_ = piece[static_cast<std::size_t>(written) - 1] != '\n';
            lines.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {  // whoever gave us the descriptor made it non-blocking
            pollfd room{.fd = fd(), .events = POLLOUT, .revents = 0};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return {.lost_lines = count_lines(lines), .error = errno};
        }
    }
    return {};
}

int LogTarget::reopen() noexcept {
    if (path_.empty()) {
        return 0;
    }
    const int fd = open_log(path_);
    if (fd < 0) {
        return errno;
    }
    file_.reset(fd);
    torn_ = false;
    look_at_kind();
    return 0;
}
