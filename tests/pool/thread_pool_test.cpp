#include <grove/pool/thread_pool.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/pool/group.h>

#include "gate.h"
#include "greenlet_test.h"
#include "quiet_hub.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using Clock = std::chrono::steady_clock;
using test::Gate;
using test::wait_until_size;

Duration elapsed_since(Clock::time_point start) { return Clock::now() - start; }
void sleep_natively(Duration duration) { std::this_thread::sleep_for(duration); }

// P-200
GREENLET_TEST(ThreadPool, MakesThreadsOnDemand) {
    ThreadPool pool{3};
    EXPECT_EQ(pool.size(), 0U);
    EXPECT_EQ(pool.maxsize(), 3U);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.spawn([i] { return i; }).get(), i);
    EXPECT_EQ(pool.size(), 1U);

    Gate gate;
    Group spawners;
    for (int i = 0; i < 5; ++i) spawners.spawn([&] { pool.spawn([&] { gate.pass(); }); });
    sleep();
    EXPECT_EQ(pool.size(), 3U);
    EXPECT_TRUE(pool.full());
    gate.open();
    spawners.join();
    EXPECT_TRUE(pool.join());
    EXPECT_EQ(pool.size(), 3U);
}

// P-201
GREENLET_TEST(ThreadPool, BelongsToItsHubsThread) {
    ThreadPool pool{1};
    std::thread{[&] {
        EXPECT_THROW(pool.spawn([] {}), std::logic_error);
        EXPECT_THROW(pool.join(), std::logic_error);
    }}.join();
    EXPECT_THROW(pool.spawn([&] { pool.spawn([] {}); }).get(), std::logic_error);
}

// P-201
GREENLET_TEST(ThreadPool, QueuesNothingBehindAThread) {
    ThreadPool pool{1};
    int ticks = 0;
    auto ticker = spawn([&] {
        for (;;) {
            sleep(1ms);
            ++ticks;
        }
    });
    const auto start = Clock::now();
    pool.spawn(sleep_natively, 30ms);
    EXPECT_TRUE(pool.full());

    auto second = pool.spawn([] { return 2; });

    EXPECT_GE(elapsed_since(start), 30ms);
    EXPECT_GE(ticks, 3);
    EXPECT_EQ(second.get(), 2);
    ticker.kill();
}

// P-202
GREENLET_TEST(ThreadPool, OfSizeZeroBlocksUntilItIsRaised) {
    ThreadPool pool{0};
    EXPECT_TRUE(pool.full());
    bool ran = false;
    auto spawner = spawn([&] { pool.spawn([&] { ran = true; }).get(); });
    sleep(1ms);
    EXPECT_FALSE(ran);
    EXPECT_EQ(pool.size(), 0U);

    pool.set_maxsize(1);
    spawner.join();
    EXPECT_TRUE(ran);
}

// P-203
GREENLET_TEST(ThreadPool, ShrinksWhenItsTasksAreDone) {
    ThreadPool pool{3};
    Gate gate;
    std::vector<ThreadResult<int>> results;
    for (int i = 0; i < 3; ++i)
        results.push_back(pool.spawn([&gate, i] { return gate.pass(), i; }));
    pool.set_maxsize(1);
    EXPECT_EQ(pool.size(), 3U);
    EXPECT_TRUE(pool.full());
    gate.open();

    for (int i = 0; i < 3; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)].get(), i);

    wait_until_size(pool, 1);
    EXPECT_FALSE(pool.full());
    pool.set_maxsize(2);
    EXPECT_EQ(pool.spawn([] { return 1; }).get(), 1);
}

// P-203
GREENLET_TEST(ThreadPool, LetsNoMoreThreadsLeaveThanItMust) {
    Gate gate;
    Gate exit;
    std::atomic<int> running = 0;
    std::atomic<int> leaving = 0;
    ThreadPool pool{3, {.on_start = {}, .on_stop = [&] { ++leaving, exit.pass(); }}};
    std::vector<ThreadResult<std::thread::id>> results;
    for (int i = 0; i < 3; ++i) {
        results.push_back(
            pool.spawn([&] { return ++running, gate.pass(), std::this_thread::get_id(); }));
    }
    while (running < 3) sleep(1ms);
    gate.open();
    std::vector<std::thread::id> ids;
    for (auto& result : results) ids.push_back(result.get());

    pool.set_maxsize(1);
    while (leaving < 2) sleep(1ms);

    EXPECT_THAT(ids, Contains(pool.spawn(std::this_thread::get_id).get()));
    exit.open();
    wait_until_size(pool, 1);
    EXPECT_EQ(leaving, 2);
}

// P-203
GREENLET_TEST(ThreadPool, IsResizedWhileItIsBusy) {
    ThreadPool pool{4};
    Group feeders;
    int done = 0;
    for (int feeder = 0; feeder < 8; ++feeder) {
        feeders.spawn([&] {
            for (int i = 0; i < 100; ++i) {
                pool.spawn([] {}).get();
                ++done;
            }
        });
    }
    auto resizer = spawn([&] {
        for (std::size_t turn = 0; turn < 50; ++turn) {
            pool.set_maxsize(turn % 5);
            sleep();
        }
        pool.set_maxsize(2);
    });
    feeders.join();
    resizer.join();
    EXPECT_EQ(done, 800);
    EXPECT_TRUE(pool.join());
    EXPECT_FALSE(pool.full());
    wait_until_size(pool, std::min<std::size_t>(pool.size(), 2));
}

struct NotesWhereItDies {
    explicit NotesWhereItDies(std::atomic<std::thread::id>& where) : place{&where} {}
    NotesWhereItDies(NotesWhereItDies&& other) noexcept
        : place{std::exchange(other.place, nullptr)} {}
    ~NotesWhereItDies() {
        if (place != nullptr) *place = std::this_thread::get_id();
    }
    std::atomic<std::thread::id>* place;
};

// P-204
GREENLET_TEST(ThreadPool, BringsResultsBackThroughTheHub) {
    ThreadPool pool{2};
    std::latch both{2};
    std::latch ticks{5};
    auto ticker = spawn([&] {
        while (!ticks.try_wait()) {
            sleep(1ms);
            ticks.count_down();
        }
    });
    // Neither would end if the other did not run beside it, and the hub beside both.
    const auto wait = [&] {
        both.arrive_and_wait();
        ticks.wait();
    };
    auto first = pool.spawn(wait);
    auto second = pool.spawn(wait);
    first.get();
    second.get();
    EXPECT_TRUE(ticks.try_wait());
    ticker.kill();

    std::atomic<std::thread::id> task_died;
    std::atomic<std::thread::id> result_died;
    std::thread::id worker;
    {
        auto result = pool.spawn([&worker, &result_died, note = NotesWhereItDies{task_died}] {
            worker = std::this_thread::get_id();
            return NotesWhereItDies{result_died};
        });
        result.wait();
        EXPECT_TRUE(result.successful());
    }
    EXPECT_EQ(task_died, worker);
    EXPECT_EQ(result_died, std::this_thread::get_id());
}

// P-205
GREENLET_TEST(ThreadPool, BringsExceptionsBack) {
    const test::QuietHub quiet;
    ThreadPool pool{1};
    auto failed = pool.spawn([] { throw std::runtime_error{"in a thread"}; });
    EXPECT_THROW(failed.get(), std::runtime_error);
    EXPECT_FALSE(failed.successful());
    EXPECT_NE(failed.exception(), nullptr);

    auto exited = pool.spawn([]() -> int { throw GreenletExit{}; });
    EXPECT_THROW(exited.get(), Killed);
    EXPECT_TRUE(exited.successful());
    EXPECT_EQ(exited.value(), nullptr);

    EXPECT_EQ(pool.spawn([] { return 1; }).get(), 1);
    EXPECT_EQ(pool.size(), 1U);
    EXPECT_EQ(quiet.errors(), 1);
}

struct ThrowsWhenMoved {
    ThrowsWhenMoved() = default;
    ThrowsWhenMoved(ThrowsWhenMoved&&) { throw std::runtime_error{"move"}; }
};

// P-206
GREENLET_TEST(ThreadPool, FailsATaskWhoseResultThrowsAsItIsMoved) {
    const test::QuietHub quiet;
    ThreadPool pool{1};
    EXPECT_THROW(pool.spawn([] { return ThrowsWhenMoved{}; }).get(), std::runtime_error);
    EXPECT_FALSE(pool.full());
    EXPECT_THROW(pool.apply([] { return ThrowsWhenMoved{}; }), std::runtime_error);
    EXPECT_FALSE(pool.full());
}

// P-206
GREENLET_TEST(ThreadPool, FailsTheTaskThatAFailingHookCameBefore) {
    const test::QuietHub quiet;
    std::atomic<int> starts = 0;
    std::atomic<int> stops = 0;
    {
        ThreadPool pool{1,
                        {.on_start =
                             [&] {
                                 if (++starts == 1) throw std::runtime_error{"on_start"};
                             },
                         .on_stop =
                             [&] {
                                 ++stops;
                                 throw std::runtime_error{"on_stop"};
                             }}};
        EXPECT_THROW(pool.spawn([] { return 1; }).get(), std::runtime_error);
        EXPECT_FALSE(pool.full());
        EXPECT_EQ(pool.spawn([] { return 2; }).get(), 2);
    }
    EXPECT_EQ(starts, 2);
    EXPECT_EQ(stops, 1);
}

// P-207
GREENLET_TEST(ThreadPool, LetsAKilledWaiterGoAtOnceAndTheTaskRunOn) {
    ThreadPool pool{1};
    Gate gate;
    std::atomic<bool> ended = false;
    auto asker = spawn([&] {
        pool.apply([&] {
            gate.pass();
            ended = true;
        });
    });
    sleep();

    asker.kill();

    EXPECT_TRUE(asker.dead());
    EXPECT_FALSE(ended);
    EXPECT_TRUE(pool.full());
    gate.open();
    pool.join();
    EXPECT_TRUE(ended);
    EXPECT_FALSE(pool.full());
}

// P-207
GREENLET_TEST(ThreadPoolMap, WaitsForWhatRunsWhenItIsInterrupted) {
    ThreadPool pool{2};
    std::atomic<int> started = 0;
    std::atomic<int> ended = 0;
    {
        const TimeoutGuard guard{2ms};
        EXPECT_THROW(pool.map(
                         [&](int) {
                             ++started;
                             sleep_natively(10ms);
                             ++ended;
                         },
                         std::vector<int>(50)),
                     Timeout);
    }
    EXPECT_EQ(started, ended);
    EXPECT_LT(started, 50);
}

// P-208
GREENLET_TEST(ThreadPool, AppliesInlineInItsOwnThreads) {
    ThreadPool pool{1};
    EXPECT_EQ(pool.apply([&] { return pool.apply([] { return 5; }); }), 5);
    // what blocks in a thread makes a hub there, which goes with the thread
    EXPECT_EQ(pool.apply([] {
        sleep(1ms);
        return spawn([] { return 6; }).get();
    }),
              6);
}

// P-209, P-175
GREENLET_TEST(ThreadPool, AppliesAsynchronouslyInAnUntrackedGreenlet) {
    ThreadPool pool{1};
    Gate gate;
    pool.spawn([&] { gate.pass(); });
    int called = 0;
    auto greenlet = pool.apply_async([] { return 5; }, std::tuple{}, [&](int) { ++called; });
    gate.open();
    EXPECT_EQ(greenlet.get(), 5);
    sleep();
    sleep();
    EXPECT_EQ(called, 1);

    bool flag = false;
    EXPECT_EQ(pool.apply_cb([] { return 6; }, std::tuple{}, [&](int) { flag = true; }), 6);
    EXPECT_TRUE(flag);
}

// P-209
GREENLET_TEST(ThreadPoolMap, FollowsTheRulesOfMappingInGreenlets) {
    const test::QuietHub quiet;
    ThreadPool pool{3};
    const auto twice = [](int item) { return item * 2; };
    EXPECT_THAT(pool.map(twice, std::vector{1, 2, 3}), ElementsAre(2, 4, 6));
    EXPECT_THAT(pool.map_async(twice, std::vector{1, 2}).get(), ElementsAre(2, 4));
    EXPECT_THROW(pool.map(
                     [](int item) {
                         if (item > 1) throw item;
                     },
                     std::vector{1, 2, 3}),
                 int);
    auto results =
        pool.imap([](int item) { return std::make_unique<int>(item); }, std::vector{1, 2, 3});
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(**results.next(), i);
    EXPECT_EQ(results.next(), std::nullopt);
    {
        auto dropped = pool.imap_unordered(Maxsize{2}, twice, std::vector<int>(100));
        dropped.next();
    }
    pool.join();
    EXPECT_FALSE(pool.full());
}

}  // namespace
}  // namespace grove
