#include "log_target.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_error.h"

namespace {

constexpr auto kBetweenTries = std::chrono::seconds{1};

mode_t type_of(const std::string& path) noexcept {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
}

// Non-blocking: what is opened here is nobody else's. Not O_CREAT where a pipe is there: of somebody else's in a folder
// like /tmp that is refused (fs.protected_fifos).
int open_log(const std::string& path, int create) noexcept {
    if (create != 0 && type_of(path) == S_IFIFO) create = 0;
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | create,
                  0644);
}

bool none_reads(const std::string& path, int error) noexcept {
    return error == ENXIO && type_of(path) == S_IFIFO;
}

std::string why_not_opened(const std::string& path, int error) {
    if (error == ENXIO && type_of(path) == S_IFSOCK) {
        return "a socket cannot be opened; \"-\" is standard output or standard error, which may "
               "be a socket";
    }
    return std::generic_category().message(error);
}

[[noreturn]] void refuse(const std::string& name, const std::string& path, int error) {
    throw grove::http::ConfigError{
        {name + ": cannot be opened for a log: " + why_not_opened(path, error)}};
}

}  // namespace

grove::FileDescriptor open_to_hand_on(const std::string& path) noexcept {
    grove::FileDescriptor file{open_log(path, O_CREAT)};
    if (!file && none_reads(path, errno)) file.reset(::open(path.c_str(), O_PATH | O_CLOEXEC));
    return file;
}

bool find_reader(const std::string& path, grove::FileDescriptor& handed) noexcept {
    pollfd there{.fd = handed.get(), .events = POLLOUT, .revents = 0};
    // POLLERR: its readers have gone. POLLNVAL: it is there by its name.
    if (::poll(&there, 1, 0) != 1 || (there.revents & (POLLERR | POLLNVAL)) == 0) return false;
    grove::FileDescriptor file{open_log(path, 0)};
    if (!file) return false;
    handed = std::move(file);
    return true;
}

grove::FileDescriptor require_to_hand_on(const std::string& path) {
    grove::FileDescriptor file = open_to_hand_on(path);
    if (const int error = errno; !file) refuse(path, path, error);
    return file;
}

std::size_t count_lines(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string why_lost(int error) {
    return error == ENXIO ? "no process reads the pipe" : std::generic_category().message(error);
}

LogTarget::LogTarget(std::string path, int standard, grove::FileDescriptor handed,
                     std::function<void()> look)
    : name_{std::move(path)}, standard_{standard}, look_{std::move(look)} {
    if (name_.empty()) {
        name_ = standard_ == STDOUT_FILENO ? "standard output" : "standard error";
        take(-1);
        return;
    }
    path_ = std::filesystem::absolute(name_).string();
    if (handed) {
        take_over(std::move(handed));
        return;
    }
    const int fd = open_log(path_, O_CREAT);
    if (const int error = errno; fd < 0 && !none_reads(path_, error)) refuse(name_, path_, error);
    take(fd);
}

void LogTarget::take_over(grove::FileDescriptor handed) noexcept { take(handed.release()); }

LogTarget::~LogTarget() = default;

// @param fd  of the path; -1, or by its name alone: none reads it
void LogTarget::take(int fd) noexcept {
    file_.reset(fd);
    if (fd >= 0 && (::fcntl(fd, F_GETFL) & O_PATH) != 0) file_.reset();
    mid_line_ = torn_ = false;
    next_try_ = Clock::now() + kBetweenTries;
    struct stat status {};
    kind_ = Kind::kOther;
    if (fstat(descriptor(), &status) != 0) return;
    if (S_ISREG(status.st_mode)) kind_ = Kind::kFile;
    if (S_ISSOCK(status.st_mode)) kind_ = Kind::kSocket;
}

// Looks at the path again: the reader's pipe may be another one by now.
// @return errno; 0: there is one
int LogTarget::find_reader() noexcept {
    if (Clock::now() < next_try_) return ENXIO;
    next_try_ = Clock::now() + kBetweenTries;
    if (look_) {
        look_();
        return ENXIO;
    }
    const int fd = open_log(path_, 0);
    if (fd < 0) return errno;
    take(fd);
    return 0;
}

std::string_view LogTarget::next_piece(std::string_view lines) const noexcept {
    if (kind_ == Kind::kFile || lines.size() <= PIPE_BUF) return lines;
    std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
    if (end == std::string_view::npos)  // a line too long to be written at once
        end = lines.find('\n');
    return lines.substr(0, end + 1);
}

// As write(2), but EAGAIN if there is no room for so long.
ssize_t LogTarget::put(std::string_view piece, std::chrono::milliseconds wait) const noexcept {
    pollfd room{.fd = descriptor(), .events = POLLOUT, .revents = 0};
    if (kind_ != Kind::kFile && poll(&room, 1, static_cast<int>(wait.count())) == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (kind_ == Kind::kSocket)
        return ::send(descriptor(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (kind_ == Kind::kFile) return ::write(descriptor(), piece.data(), piece.size());
    // A terminal may stop who writes to it from the background (stty tostop), but not a thread that blocks this signal.
    sigset_t stop;
    sigset_t before;
    ::sigemptyset(&stop);
    ::sigaddset(&stop, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &stop, &before);
    const ssize_t written = ::write(descriptor(), piece.data(), piece.size());
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return written;
}

LogTarget::Outcome LogTarget::write(std::string_view lines,
                                    std::chrono::milliseconds wait) noexcept {
    int error = descriptor() < 0 ? find_reader() : 0;
    while (error == 0 && !lines.empty()) {
        const std::string_view piece = torn_ ? "\n" : next_piece(lines);
        const ssize_t written = put(piece, wait);
        if (written > 0) {
            written_ += static_cast<std::size_t>(written);
            mid_line_ = piece[static_cast<std::size_t>(written) - 1] != '\n';
            if (!std::exchange(torn_, false))
                lines.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        error = errno;
        if (error == EAGAIN || error == EINTR) return {.rest = lines};
        if (error == EPIPE && !path_.empty() && find_reader() == 0) error = 0;
    }
    if (error == 0) return {};
    torn_ = torn_ || mid_line_;
    return {.lost_lines = count_lines(lines), .error = error};
}

int LogTarget::reopen() noexcept {
    if (path_.empty()) return 0;
    const int fd = open_log(path_, O_CREAT);
    if (const int error = errno; fd < 0 && !none_reads(path_, error)) return error;
    take(fd);
    return 0;
}

void LogTarget::close() noexcept {
    file_.reset();
    standard_ = -1;
    next_try_ = Clock::time_point::max();
}
