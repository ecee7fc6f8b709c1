#include "service_manager.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <grove/core/file_descriptor.h>

using grove::http::MasterPhase;

namespace {

constexpr int kFirstSocket = 3;
constexpr long kMostSockets = 1000;

std::string taken(const char* name) {
    const char* const value = std::getenv(name);
    std::string text = value != nullptr ? value : "";
    ::unsetenv(name);
    return text;
}

// -1: it is none
long number_in(std::string_view text) {
    long number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : -1;
}

std::string lines_of(MasterPhase phase, const std::string& status) {
    std::string lines = "STATUS=" + status + "\nMAINPID=" + std::to_string(::getpid());
    switch (phase) {
        case MasterPhase::kServing:
            return lines + "\nREADY=1";
        case MasterPhase::kReloading: {
            const auto now = std::chrono::steady_clock::now().time_since_epoch();
            const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
            return lines + "\nRELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec);
        }
        case MasterPhase::kStopping:
            break;
    }
    return lines + "\nSTOPPING=1";
}

}  // namespace

ServiceManager::ServiceManager() : notify_{taken("NOTIFY_SOCKET")} {
    const long pid = number_in(taken("LISTEN_PID"));
    const long count = number_in(taken("LISTEN_FDS"));
    taken("LISTEN_FDNAMES");
    const std::string watched = taken("WATCHDOG_PID");
    const long usec = number_in(taken("WATCHDOG_USEC"));
    if (usec > 0 && !notify_.empty() && (watched.empty() || number_in(watched) == ::getpid()))
        alive_every_ = std::chrono::microseconds{std::max(usec / 2, 1L)};
    if (pid != ::getpid()) return;  // meant for another
    for (int fd = kFirstSocket; fd < kFirstSocket + std::min(count, kMostSockets); ++fd) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
        sockets_.push_back(fd);
    }
}

void ServiceManager::tell(MasterPhase phase, const std::string& status) const noexcept {
    send(lines_of(phase, status));
}

void ServiceManager::tell_alive() const noexcept { send("WATCHDOG=1"); }

void ServiceManager::send(const std::string& lines) const noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (notify_.empty() || notify_.size() >= sizeof address.sun_path) return;
    std::copy(notify_.begin(), notify_.end(), address.sun_path);
    if (notify_[0] == '@')
        address.sun_path[0] = '\0';  // an abstract name is as long as it is given
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + notify_.size());
    const grove::FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ::sendto(socket.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&address), size);
}
