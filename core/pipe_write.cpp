#include "pipe_write.h"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <unistd.h>

namespace grove {
namespace {

/// While it lives, no SIGPIPE reaches the thread. One that came before stays pending.
class HeldPipeSignal {
public:
    HeldPipeSignal() noexcept {
        sigset_t pending;
        ::sigpending(&pending);
        pending_before_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &mask_);
    }
    ~HeldPipeSignal() { ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr); }
    HeldPipeSignal(const HeldPipeSignal&) = delete;
    HeldPipeSignal& operator=(const HeldPipeSignal&) = delete;

    /// EPIPE came: its signal is pending now.
    void swallow() noexcept {
        const timespec at_once{};
        while (!pending_before_ && ::sigtimedwait(&pipe_, nullptr, &at_once) < 0 &&
               errno == EINTR) {
        }
    }

private:
    sigset_t pipe_;
    sigset_t mask_;
    bool pending_before_ = false;
};

}  // namespace

std::ptrdiff_t write_to_pipe(int fd, std::string_view bytes) noexcept {
    HeldPipeSignal held;
    ssize_t sent = 0;
    do {
        sent = ::write(fd, bytes.data(), bytes.size());
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return sent;
    const int error = errno;
    if (error == EPIPE) held.swallow();
    return -error;
}

}  // namespace grove
