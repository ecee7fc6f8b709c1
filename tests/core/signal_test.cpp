#include <grove/core/signal.h>

#include <csignal>
#include <string>
#include <system_error>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;

GREENLET_TEST(SignalHandler, RunsItsFunctionInAGreenlet) {
    Event handled;
    int count = 0;
    SignalHandler handler{SIGUSR1, [&] {
                              EXPECT_NE(getcurrent().name(), "hub");
                              sleep(1ms);  // it may block
                              ++count;
                              handled.set();
                          }};
    for (int i = 1; i <= 2; ++i) {
        ::pthread_kill(::pthread_self(), SIGUSR1);
        EXPECT_TRUE(handled.wait(5s));
        handled.clear();
        EXPECT_EQ(count, i);
    }
}

// P-004
GREENLET_TEST(SignalHandler, KeepsTheHubWaiting) {
    Event handled;
    const SignalHandler handler{SIGUSR2, [&] { handled.set(); }};
    auto sender = spawn([] { ::pthread_kill(::pthread_self(), SIGUSR2); });
    EXPECT_TRUE(handled.wait()) << "no LoopExit";
    sender.join();
}

GREENLET_TEST(SignalHandler, RestoresTheMaskAndRefusesWhatIsNoSignal) {
    {
        const SignalHandler handler{SIGUSR1, [] {}};
    }
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_EQ(::sigismember(&mask, SIGUSR1), 0);
    EXPECT_THROW(SignalHandler(9999, [] {}), std::system_error);
}

}  // namespace
}  // namespace grove
