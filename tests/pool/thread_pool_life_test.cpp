// How a ThreadPool's threads come and go, and its results.
#include <grove/pool/thread_pool.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grove/core/event.h>
#include <grove/core/signal.h>
#include <grove/core/timeout.h>

#include "gate.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::Gate;
using test::wait_until_size;

Duration time_since(Clock::time_point start) { return Clock::now() - start; }
void native_sleep(Duration duration) { std::this_thread::sleep_for(duration); }

// P-210
GREENLET_TEST(ThreadPool, JoinIsWokenByTheLastCompletion) {
    ThreadPool pool{2};
    EXPECT_TRUE(pool.join());
    Gate gate;
    pool.spawn([&] { gate.pass(); });
    EXPECT_FALSE(pool.join(2ms));
    gate.open();
    EXPECT_TRUE(pool.join(1h));
}

// P-211
GREENLET_TEST(ThreadPool, KillLetsTasksFinishAndEndsAllThreads) {
    ThreadPool pool{1};
    Gate gate;
    std::atomic<bool> done = false;
    pool.spawn([&] {
        gate.pass();
        done = true;
    });
    bool blocked_ran = false;
    auto spawner = spawn([&] {
        EXPECT_EQ(pool.spawn([] { return 3; }).get(), 3);
        blocked_ran = true;
    });
    sleep();
    auto opener = spawn([&] {
        sleep(2ms);
        gate.open();
    });

    pool.kill();

    EXPECT_TRUE(done);
    EXPECT_FALSE(blocked_ran);
    EXPECT_EQ(pool.size(), 0U);
    spawner.join();
    EXPECT_TRUE(blocked_ran);
    EXPECT_EQ(pool.spawn([] { return 4; }).get(), 4);
}

// P-137, P-211
GREENLET_TEST(ThreadPool, KillStopsAMap) {
    ThreadPool pool{1};
    std::atomic<int> ran = 0;
    auto map = pool.map_async(
        [&](int) {
            ++ran;
            native_sleep(2ms);
        },
        std::vector<int>(1000));
    sleep(1ms);
    pool.kill();
    EXPECT_THROW(map.get(), Killed);
    EXPECT_LT(ran, 10);
}

// P-211
GREENLET_TEST(ThreadPool, JoinsItsTasksWhenItIsDestroyed) {
    std::atomic<int> ended = 0;
    {
        ThreadPool pool{2};
        for (int i = 0; i < 2; ++i) {
            pool.spawn([&] {
                native_sleep(5ms);
                ++ended;
            });
        }
    }
    EXPECT_EQ(ended, 2);
}

// O-012: what a task executes has the mask of its thread.
GREENLET_TEST(ThreadPool, BlocksNoSignalInItsThreads) {
    ThreadPool pool{1};
    const bool none = pool.apply([] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        return sigisemptyset(&mask) == 1;
    });
    EXPECT_TRUE(none);
}

// O-011
GREENLET_TEST(ThreadPool, LetsSignalsThroughToTheHub) {
    ThreadPool pool{1};
    pool.apply([] {});  // its thread is older than the handler
    Event handled;
    const SignalHandler handler{SIGUSR1, [&] { handled.set(); }};
    pool.apply([] { pthread_kill(pthread_self(), SIGUSR1); });
    EXPECT_TRUE(handled.wait(5s));
}

#if !defined(__SANITIZE_THREAD__)
int exit_code_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// P-212
GREENLET_TEST(ThreadPool, IsEmptyAndUsableInAForkedChild) {
    ThreadPool unused{2};
    ThreadPool used{2};
    Gate gate;
    std::atomic<bool> runs = false;
    used.spawn([&] {
        runs = true;
        gate.pass();
    });
    while (!runs) {
        std::this_thread::
            yield();  // it takes no memory: a sanitizer's may be locked in the child for ever
    }
    const pid_t child = ::fork();
    if (child == 0) {
        bool good = used.size() == 0 && unused.size() == 0 && !used.full();
        good = good && unused.spawn([] { return 1; }).get() == 1;
        good = good && used.spawn([] { return 2; }).get() == 2 && used.size() == 1;
        ::_exit(good ? 0 : 1);
    }
    EXPECT_EQ(exit_code_of(child), 0);
    gate.open();
    EXPECT_TRUE(used.join());
    EXPECT_EQ(used.size(), 1U);
}
#endif

// P-213
GREENLET_TEST(ThreadPool, LosesItsThreadsWhenTheyAreIdle) {
    ThreadPool pool{2, {.idle = 5ms}};
    const auto start = Clock::now();
    pool.spawn([] {}).get();
    wait_until_size(pool, 0);
    EXPECT_GE(time_since(start), 5ms);
    EXPECT_EQ(pool.spawn([] { return 1; }).get(), 1);
}

GREENLET_TEST(ThreadPool, RunsThousandsOfShortTasks) {
    ThreadPool pool{4};
    std::vector<int> items(5'000);
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<int>(i);
    EXPECT_EQ(pool.map([](int item) { return item; }, items), items);
    long sum = 0;
    for (int item : pool.imap_unordered([](int given) { return given; }, items)) sum += item;
    EXPECT_EQ(sum, 5'000L * 4'999 / 2);
}

GREENLET_TEST(ThreadResult, IsAHandle) {
    ThreadResult<int> null;
    EXPECT_FALSE(null.valid());
    EXPECT_FALSE(null.ready());
    EXPECT_FALSE(null.successful());
    EXPECT_EQ(null.value(), nullptr);
    EXPECT_EQ(null.exception(), nullptr);
    EXPECT_THROW(null.get(), std::logic_error);

    ThreadPool pool{1};
    Gate gate;
    auto result = pool.spawn([&] { return gate.pass(), std::make_unique<int>(5); });
    EXPECT_FALSE(result.ready());
    EXPECT_THROW(result.get(false), Timeout);
    EXPECT_THROW(result.get(true, 1ms), Timeout);
    EXPECT_FALSE(result.wait(1ms));
    int calls = 0;
    result.rawlink([&] { ++calls; });
    result.unlink(result.rawlink([&] { calls += 100; }));
    gate.open();
    const auto copy = result;
    EXPECT_TRUE(copy.wait());
    EXPECT_EQ(**copy.value(), 5);
    EXPECT_EQ(calls, 1);
    result.rawlink([&] { ++calls; });
    EXPECT_EQ(calls, 1);
    sleep();
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(*std::move(result).get(), 5);
    EXPECT_THROW(copy.get(), std::logic_error);
}

GREENLET_TEST(ThreadResult, GoesWithItsHandlesThoughItWasLinkedLate) {
    ThreadPool pool{1};
    std::weak_ptr<int> value;
    int calls = 0;
    {
        auto result = pool.spawn([] { return std::make_shared<int>(5); });
        ASSERT_TRUE(result.wait());
        value = *result.value();
        for (int link = 0; link < 2; ++link) result.rawlink([&] { ++calls; });
    }
    EXPECT_FALSE(value.expired()) << "its links are to be called";

    sleep();

    EXPECT_EQ(calls, 2);
    EXPECT_TRUE(value.expired());
}

}  // namespace
}  // namespace grove
