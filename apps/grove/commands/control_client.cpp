#include "control_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "pid_file.h"

using grove::FileDescriptor;

namespace {

using Clock = std::chrono::steady_clock;

std::runtime_error failure(const std::string& what) {
    return std::runtime_error{what + ": " + std::generic_category().message(errno)};
}

}  // namespace

std::optional<FoundMaster> find_master(const std::vector<std::string>& pid_files) {
    for (const std::string& file : pid_files) {
        const auto pid = holder_of_pid_file(file);
        if (!pid) continue;
        FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0))};
        // Again: else it could have ended before the descriptor was there.
        if (!process || holder_of_pid_file(file) != pid) continue;
        return FoundMaster{.pid = *pid, .pid_file = file, .process = std::move(process)};
    }
    return std::nullopt;
}

ControlClient::ControlClient(const FoundMaster& master) {
    const std::string path = control_socket_of(master.pid_file);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error{path + ": is too long"};
    std::copy(path.begin(), path.end(), address.sun_path);
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 5, .tv_usec = 0};  // a master that stands still takes nobody
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (!socket_ ||
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw failure(path);
}

void ControlClient::ask(const std::string& question) {
    const std::string line = question + '\n';  // has room in any socket
    if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size()))
        throw failure("the master cannot be asked");
}

std::optional<std::string> ControlClient::answer(grove::Timespan time) {
    const Clock::time_point begin = Clock::now();
    for (;;) {
        if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        int left = -1;
        if (time) {
            const auto rest = std::chrono::ceil<std::chrono::milliseconds>(*time) -
                              std::chrono::floor<std::chrono::milliseconds>(Clock::now() - begin);
            if (rest.count() <= 0) throw std::runtime_error{"the master does not answer"};
            left = static_cast<int>(std::min<std::int64_t>(rest.count(), 3'600'000));
        }
        pollfd watched{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&watched, 1, left) <= 0) continue;
        std::array<char, 4096> piece{};
        const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
        if (got < 0 && errno != ECONNRESET) throw failure("the master's answer cannot be read");
        if (got <= 0) return std::nullopt;
        unread_.append(piece.data(), static_cast<std::size_t>(got));
    }
}
