#include <grove/core/signal.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/fd_wait.h>
#include <grove/core/greenlet.h>
#include <grove/core/signal_inbox.h>

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

// O-011
GREENLET_TEST(SignalHandler, IsReachedThroughAThreadThatKnowsNothingOfIt) {
    Event handled;
    const SignalHandler handler{SIGUSR1, [&] { handled.set(); }};
    std::thread other{[] { ::pthread_kill(::pthread_self(), SIGUSR1); }};
    EXPECT_TRUE(handled.wait(5s));
    other.join();
}

// O-011
GREENLET_TEST(SignalHandler, IsReachedThroughAThreadThatWasThereBefore) {
    std::atomic<bool> handles = false;
    std::thread other{[&] {
        handles.wait(false);
        ::pthread_kill(::pthread_self(), SIGUSR1);
    }};
    Event handled;
    const SignalHandler handler{SIGUSR1, [&] { handled.set(); }};
    handles = true;
    handles.notify_all();
    EXPECT_TRUE(handled.wait(5s));
    other.join();
}

// O-011
GREENLET_TEST(SignalHandler, RunsBesideOthersOfItsSignal) {
    Event first;
    Event second;
    Event third;
    const SignalHandler one{SIGUSR1, [&] { first.set(); }};
    {
        const SignalHandler two{SIGUSR1, [&] { second.set(); }};
        const SignalHandler other{SIGUSR2, [&] { third.set(); }};
        ::raise(SIGUSR1);
        EXPECT_TRUE(first.wait(5s));
        EXPECT_TRUE(second.wait(5s));
        EXPECT_FALSE(third.is_set());
    }
    first.clear();
    second.clear();
    ::raise(SIGUSR1);
    EXPECT_TRUE(first.wait(5s));
    EXPECT_FALSE(second.is_set());
}

// O-011
GREENLET_TEST(SignalHandler, RunsInEachHubThatHasOne) {
    std::atomic<int> ready = 0;
    const auto wait_for_it = [&] {
        Event handled;
        const SignalHandler handler{SIGUSR1, [&] { handled.set(); }};
        ++ready;
        return handled.wait(20s);
    };
    std::atomic<int> told = 0;
    std::vector<std::thread> others;
    for (int i = 0; i < 3; ++i) others.emplace_back([&] { told += wait_for_it() ? 1 : 0; });
    while (ready < 3) std::this_thread::yield();
    ::kill(::getpid(), SIGUSR1);
    for (std::thread& other : others) other.join();
    EXPECT_EQ(told, 3);
}

GREENLET_TEST(SignalHandler, MayEndWhileTheSignalComes) {
    std::atomic<bool> stop = false;
    const SignalHandler stays{SIGUSR1, [] {}};  // or the process would end
    std::thread sender{[&] {
        while (!stop) ::pthread_kill(::pthread_self(), SIGUSR1);
    }};
    for (int i = 0; i < 200; ++i) {
        const SignalHandler goes{SIGUSR1, [] {}};
        sleep();
    }
    stop = true;
    sender.join();
}

// A signal ends poll(2) before its time, also if that is none.
GREENLET_TEST(SignalHandler, InterruptsNoWaitOfTheHub) {
    SignalInbox inbox{SIGUSR2};
    const pthread_t self = ::pthread_self();
    const std::jthread sender{[&](const std::stop_token& stop) {
        while (!stop.stop_requested()) ::pthread_kill(self, SIGUSR2);
    }};
    const SignalInbox silent{SIGTERM};
    for (int i = 0; i < 20'000; ++i) EXPECT_FALSE(wait_readable(silent.fd(), 0s));
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(wait_readable(silent.fd(), 1ms));
}

GREENLET_TEST(SignalHandler, RestoresWhatWasThereBefore) {
    static std::atomic<int> told = 0;
    std::signal(SIGUSR1, [](int) { ++told; });
    {
        const SignalHandler handler{SIGUSR1, [] {}};
        ::raise(SIGUSR1);
        EXPECT_EQ(told, 0);
    }
    ::raise(SIGUSR1);
    EXPECT_EQ(told, 1);
    std::signal(SIGUSR1, SIG_DFL);
}

GREENLET_TEST(SignalHandler, LeavesAHandlerThatAnotherHasPutInItsPlace) {
    static std::atomic<int> told = 0;
    {
        const SignalHandler handler{SIGUSR1, [] {}};
        std::signal(SIGUSR1, [](int) { ++told; });
    }
    ::raise(SIGUSR1);
    EXPECT_EQ(told, 1);
    std::signal(SIGUSR1, SIG_DFL);
}

GREENLET_TEST(SignalHandler, RefusesFaultsAndWhatNobodyCanHandle) {
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSTOP, 0, -1, 32, 65})
        EXPECT_THROW(SignalHandler(number, [] {}), std::system_error) << number;
}

TEST(SignalInbox, KeepsWhatComesUntilItIsTaken) {
    SignalInbox inbox{SIGUSR2, SIGTERM};
    inbox.add(SIGUSR1);
    EXPECT_EQ(inbox.take(), std::nullopt);
    for (const int number : {SIGTERM, SIGUSR2, SIGUSR1, SIGUSR2}) ::raise(number);
    EXPECT_EQ(inbox.take(), SIGUSR1);
    EXPECT_EQ(inbox.take(), SIGUSR2);
    EXPECT_EQ(inbox.take(), SIGTERM);
    EXPECT_EQ(inbox.take(), std::nullopt);
}

GREENLET_TEST(SignalInbox, IsReadableFromASignalUntilAllAreTaken) {
    SignalInbox inbox{SIGUSR1};
    EXPECT_FALSE(wait_readable(inbox.fd(), 0s));
    ::raise(SIGUSR1);
    EXPECT_TRUE(wait_readable(inbox.fd(), 5s));
    while (inbox.take()) {
    }
    EXPECT_FALSE(wait_readable(inbox.fd(), 0s));
}

TEST(SignalInbox, UnblocksItsSignals) {
    sigset_t usr1;
    ::sigemptyset(&usr1);
    ::sigaddset(&usr1, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
    SignalInbox inbox{SIGUSR1};
    ::raise(SIGUSR1);
    EXPECT_EQ(inbox.take(), SIGUSR1);
}

// Runs in a forked process, whose exit code or signal it returns: that one as a negative number.
int in_a_fork(const std::function<int()>& function) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(function());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// O-011: a worker must not wake its master.
TEST(SignalInbox, IsNoneOfAForkedProcess) {
    SignalInbox inbox{SIGTERM, SIGPIPE};
    const int end = in_a_fork([&] {
        ::raise(SIGTERM);
        return 0;
    });
    EXPECT_EQ(end, -SIGTERM);
    EXPECT_EQ(inbox.take(), std::nullopt);

    const int with_its_own = in_a_fork([&] {
        SignalInbox own{SIGTERM};
        ::raise(SIGTERM);
        const bool good = own.take() == SIGTERM && own.take() == std::nullopt;
        inbox.close();
        ::raise(SIGTERM);
        return good && own.take() == SIGTERM ? 3 : 4;
    });
    EXPECT_EQ(with_its_own, 3);
    EXPECT_EQ(inbox.take(), std::nullopt);
    ::raise(SIGTERM);
    EXPECT_EQ(inbox.take(), SIGTERM);
}

}  // namespace
}  // namespace grove
