#include "write_bound.h"

#include <sys/time.h>

namespace {

constexpr suseconds_t kMicroseconds = 20'000;

void set_timer(suseconds_t microseconds) noexcept {
    const timeval time{.tv_sec = 0, .tv_usec = microseconds};
    const itimerval timer{.it_interval = time, .it_value = time};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

WriteBound::WriteBound() noexcept {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // no SA_RESTART
    ::sigaction(SIGALRM, &action, &action_before_);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::sigprocmask(SIG_UNBLOCK, &alarm, &mask_before_);
    set_timer(kMicroseconds);
}

WriteBound::~WriteBound() {
    set_timer(0);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
    ::sigaction(SIGALRM, &action_before_, nullptr);
}
