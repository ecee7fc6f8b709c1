// What a master can see of a worker from outside, and what it says only once.
#include "process_state.h"

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "once_a_minute.h"

namespace grove::http {
namespace {

using namespace std::chrono_literals;

// A child that does nothing, or first has itself traced and stops.
class Child {
public:
    explicit Child(bool traced) : pid_{::fork()} {
        if (pid_ != 0) return;
        if (traced) {
            ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
            ::raise(SIGSTOP);
        }
        for (;;) ::pause();
    }
    ~Child() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_;
};

// O-020
TEST(StandsStill, WhoIsStoppedUntilHeGoesOn) {
    const Child child{false};
    EXPECT_FALSE(stands_still(child.pid()));
    ::kill(child.pid(), SIGSTOP);
    while (!stands_still(child.pid())) std::this_thread::yield();
    ::kill(child.pid(), SIGCONT);
    while (stands_still(child.pid())) std::this_thread::yield();
}

TEST(StandsStill, WhoIsTracedAlsoWhileHeRuns) {
    const Child child{true};
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, 0), child.pid());
    ASSERT_TRUE(WIFSTOPPED(status));
    EXPECT_TRUE(stands_still(child.pid()));
    ::ptrace(PTRACE_CONT, child.pid(), nullptr, nullptr);
    EXPECT_TRUE(stands_still(child.pid()));
    ::ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr);
}

TEST(StandsStill, WhoseCoreIsBeingWritten) {
    EXPECT_TRUE(dumps_core("Name:\tgrove\nState:\tR (running)\nCoreDumping:\t1\nThreads:\t1\n"));
    EXPECT_FALSE(dumps_core("Name:\tgrove\nState:\tR (running)\nCoreDumping:\t0\nThreads:\t1\n"));
    EXPECT_FALSE(dumps_core("Name:\tgrove\nState:\tR (running)\n")) << "before Linux 4.15";
    EXPECT_FALSE(dumps_core(::getpid()));
}

TEST(StandsStill, NobodyWhoIsNotThere) { EXPECT_FALSE(stands_still(0)); }

TEST(OnceAMinute, IsForEachAndForNoMoreThanSoMany) {
    OnceAMinute seen{2};
    const OnceAMinute::Clock::time_point now{1h};
    EXPECT_TRUE(seen.is_new("a", now));
    EXPECT_FALSE(seen.is_new("a", now + 59s));
    EXPECT_TRUE(seen.is_new("b", now + 30s));
    EXPECT_FALSE(seen.is_new("c", now + 30s)) << "there are two already";
    EXPECT_TRUE(seen.is_new("c", now + 60s));
    EXPECT_FALSE(seen.is_new("a", now + 60s));
    EXPECT_TRUE(seen.is_new("a", now + 90s));
}

}  // namespace
}  // namespace grove::http
