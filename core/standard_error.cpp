#include <grove/core/detail/standard_error.h>

#include <climits>
#include <csignal>

#include <poll.h>
#include <unistd.h>

namespace grove {
namespace {

// A terminal may stop who writes to it from the background (stty tostop), but not a thread that blocks this signal.
class BlockedStop {
public:
    BlockedStop() noexcept {
        sigset_t stop;
        ::sigemptyset(&stop);
        ::sigaddset(&stop, SIGTTOU);
        ::pthread_sigmask(SIG_BLOCK, &stop, &before_);
    }
    ~BlockedStop() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedStop(const BlockedStop&) = delete;
    BlockedStop& operator=(const BlockedStop&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

void write_to_standard_error(std::string_view text, int milliseconds) noexcept {
    const BlockedStop no_stop;
    while (!text.empty()) {
        pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
        // Without a reader there is an error in place of room: writing would only raise SIGPIPE.
        if (::poll(&room, 1, milliseconds) != 1 || room.revents != POLLOUT) return;
        const auto written = ::write(STDERR_FILENO, text.data(), text.substr(0, PIPE_BUF).size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace grove
