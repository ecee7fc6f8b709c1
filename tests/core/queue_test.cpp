#include <grove/core/queue.h>

#include <memory>
#include <numeric>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

static_assert(!std::is_convertible_v<Queue<int>, bool>);  // P-115
static_assert(std::ranges::input_range<Queue<int>&>);
static_assert(std::ranges::input_range<Queue<std::unique_ptr<int>>&>);
static_assert(std::same_as<std::ranges::range_reference_t<Queue<int>&>, int>);

// P-103
FAKE_CLOCK_TEST(Queue, IsBoundedByItsMaxsizeUnlessThatIsZero) {
    for (const auto maxsize : {std::optional<std::size_t>{}, std::optional<std::size_t>{0}}) {
        Queue<int> unbounded{maxsize};
        for (int i = 0; i < 10'000; ++i) unbounded.put(i);
        EXPECT_EQ(unbounded.qsize(), 10'000U);
        EXPECT_FALSE(unbounded.full());
    }
    Queue<int> two{2};
    two.put(1);
    two.put(2);
    EXPECT_TRUE(two.full());
    EXPECT_THROW(two.put(3, true, 10ms), Full);
    Queue<int> filled{3, {1, 2}};
    EXPECT_EQ(filled.qsize(), 2U);
}

// P-104
FAKE_CLOCK_TEST(Queue, RefusesAtOnceOrInTime) {
    Queue<int> queue{1};
    const auto began = test::now();
    EXPECT_THROW(queue.get(false, 5s), Empty);
    EXPECT_THROW(queue.get_nowait(), Empty);
    EXPECT_THROW(queue.peek(false), Empty);
    EXPECT_THROW(queue.get(true, -1ns), std::invalid_argument);
    queue.put(1);
    EXPECT_THROW(queue.put(2, false, 5s), Full);
    EXPECT_THROW(queue.put_nowait(2), Full);
    EXPECT_THROW(queue.put(2, true, -1ns), std::invalid_argument);
    EXPECT_EQ(test::now(), began);

    EXPECT_THROW(queue.put(2, true, 10ms), Full);
    EXPECT_EQ(queue.get(), 1);
    EXPECT_THROW(queue.get(true, 10ms), Empty);
    EXPECT_THROW(queue.peek(true, 10ms), Empty);
    EXPECT_EQ(test::now() - began, 30ms);
}

// P-104
FAKE_CLOCK_TEST(Queue, NeverBlocksInTheHub) {
    Queue<int> queue{1, {1}};
    Queue<int> empty;
    std::vector<std::string> log;
    spawn([] {}).rawlink([&](const AnyGreenlet&) {
        try {
            queue.put(2);
        } catch (const Full&) {
            log.emplace_back("full");
        }
        try {
            empty.get(true, 1s);
        } catch (const Empty&) {
            log.emplace_back("empty");
        }
    });
    sleep();
    sleep();
    EXPECT_THAT(log, ElementsAre("full", "empty"));
}

// P-104
FAKE_CLOCK_TEST(Queue, LooksAtBlockedCounterpartsFirst) {
    Channel<int> channel;
    auto putter = spawn([&] { channel.put(5); });
    sleep();
    EXPECT_EQ(channel.get_nowait(), 5);
    putter.get();

    Queue<int> queue{1, {1}};
    auto blocked = spawn([&] { queue.put(2); });
    sleep();
    EXPECT_EQ(queue.get_nowait(), 1);
    EXPECT_EQ(queue.get_nowait(), 2) << "the putter's item entered at once";
    blocked.get();
}

// P-105
FAKE_CLOCK_TEST(Queue, ServesPuttersAndGettersInOrder) {
    Queue<int> queue{1};
    std::vector<Greenlet<void>> putters;
    for (int i = 0; i < 4; ++i) putters.push_back(spawn([&, i] { queue.put(i); }));
    sleep();
    std::vector<int> got;
    for (int i = 0; i < 4; ++i) got.push_back(queue.get());
    EXPECT_THAT(got, ElementsAre(0, 1, 2, 3));
    joinall(putters);

    got.clear();
    std::vector<Greenlet<void>> getters;
    for (int i = 0; i < 3; ++i)
        getters.push_back(spawn([&, i] { got.push_back(10 * i + queue.get()); }));
    sleep();
    for (int i = 1; i < 4; ++i) queue.put(i);
    joinall(getters);
    EXPECT_THAT(got, ElementsAre(1, 12, 23));
}

// P-106
FAKE_CLOCK_TEST(Queue, GivesAnItemToTheWaitingGetterAtOnce) {
    Queue<int> queue;
    auto getter = spawn([&] { return queue.get(); });
    sleep();
    queue.put(5);
    EXPECT_EQ(queue.qsize(), 0U);
    EXPECT_THROW(queue.get_nowait(), Empty);
    EXPECT_EQ(getter.get(), 5);
}

// P-107
FAKE_CLOCK_TEST(Queue, LosesNothingToKilledConsumersAndProducers) {
    std::mt19937 random{7};
    auto chance = [&](int one_in) { return std::uniform_int_distribution{1, one_in}(random) == 1; };
    for (int run = 0; run < 1000; ++run) {
        Queue<int> queue{chance(2) ? std::optional<std::size_t>{2} : std::nullopt};
        int consumed = 0;
        int produced = 0;
        std::vector<AnyGreenlet> all;
        for (int i = 0; i < 4; ++i) {
            all.push_back(spawn([&] {
                for (int n = 0; n < 3; ++n) {
                    const int item = queue.get(true, 2ms);
                    consumed += item;
                }
            }));
            all.push_back(spawn([&, i] {
                for (int n = 0; n < 3; ++n) {
                    queue.put(1 << i);
                    produced += 1 << i;
                }
            }));
            if (chance(3)) sleep();
        }
        test::ignore_reports();
        for (int step = 0; step < 8; ++step) {
            if (chance(2)) all[static_cast<std::size_t>(step)].kill({}, false);
            if (chance(3)) sleep();
        }
        killall(all);
        int left = 0;
        while (!queue.empty()) left += queue.get();
        ASSERT_EQ(consumed + left, produced) << "run " << run;
    }
}

// P-107
FAKE_CLOCK_TEST(Queue, MovesFromTheArgumentOfTryPutOnlyOnSuccess) {
    Queue<std::unique_ptr<int>> queue{1};
    auto item = std::make_unique<int>(1);
    EXPECT_TRUE(queue.try_put(item));
    EXPECT_EQ(item, nullptr);
    item = std::make_unique<int>(2);
    EXPECT_FALSE(queue.try_put(item));
    EXPECT_NE(item, nullptr);
    EXPECT_EQ(*queue.get(), 1);
}

// P-108
FAKE_CLOCK_TEST(Queue, LetsPuttersInWhenItsMaxsizeIsRaised) {
    Queue<int> queue{1, {1}};
    auto putter = spawn([&] { queue.put(2); });
    sleep();
    EXPECT_FALSE(putter.dead());
    queue.set_maxsize(5);
    EXPECT_EQ(queue.qsize(), 2U);
    EXPECT_TRUE(putter.join(1ms));
}

// P-109
FAKE_CLOCK_TEST(Queue, IsPeekedBySeveralForOneItem) {
    Queue<int> queue{1};
    auto first = spawn([&] { return queue.peek(); });
    auto second = spawn([&] { return queue.peek(); });
    sleep();
    queue.put(5);
    auto putter = spawn([&] { queue.put(6); });
    EXPECT_EQ(first.get(), 5);
    EXPECT_EQ(second.get(), 5);
    EXPECT_EQ(queue.qsize(), 1U);
    EXPECT_FALSE(putter.dead()) << "a peek makes no room";
    EXPECT_EQ(queue.get(), 5);
    putter.join();
}

// P-110
FAKE_CLOCK_TEST(Queue, IsIteratedUntilItIsShutDownAndDrained) {
    Queue<std::unique_ptr<int>> queue;
    int sum = 0;
    auto consumer = spawn([&] {
        for (std::unique_ptr<int> item : queue) sum += *item;
    });
    sleep();
    for (int i = 1; i <= 3; ++i) queue.put(std::make_unique<int>(i));
    queue.shutdown();
    consumer.get();
    EXPECT_EQ(sum, 6);
    EXPECT_TRUE(queue.begin() == queue.end());
}

// P-111
FAKE_CLOCK_TEST(JoinableQueue, KnowsWhatIsNotDoneYet) {
    JoinableQueue<int> queue{1};
    EXPECT_TRUE(queue.join());
    queue.put(1);
    EXPECT_FALSE(queue.join(10ms));
    auto blocked = spawn([&] { queue.put(2); });
    sleep();
    EXPECT_EQ(queue.unfinished(), 1U) << "a blocked put has not entered";
    EXPECT_EQ(queue.get(), 1);
    EXPECT_EQ(queue.unfinished(), 2U);
    auto joiner = spawn([&] { return queue.join(); });
    sleep();
    queue.task_done();
    sleep();
    EXPECT_FALSE(joiner.dead());
    queue.task_done();
    EXPECT_TRUE(joiner.get());
    EXPECT_THROW(queue.task_done(), std::logic_error);
    EXPECT_EQ(queue.get(), 2);

    JoinableQueue<int> filled{{}, {1, 2}};
    EXPECT_EQ(filled.unfinished(), 2U);
    auto getter = spawn([&] { return filled.get() + filled.get() + filled.get(); });
    sleep();
    filled.put(4);
    EXPECT_EQ(getter.get(), 7);
    EXPECT_EQ(filled.unfinished(), 3U) << "an item handed over has entered too";
}

// P-112
FAKE_CLOCK_TEST(Queue, IsDrainedAfterItsShutdown) {
    Queue<int> queue{1, {1}};
    Queue<int> empty;
    auto putter = spawn([&] { EXPECT_THROW(queue.put(2), ShutDown); });
    auto getter = spawn([&] { EXPECT_THROW(empty.get(), ShutDown); });
    auto peeker = spawn([&] { EXPECT_THROW(empty.peek(), ShutDown); });
    sleep();
    queue.shutdown();
    queue.shutdown();
    empty.shutdown();
    joinall({putter, getter, peeker});
    EXPECT_THROW(queue.put(3), ShutDown);
    EXPECT_EQ(queue.get(), 1);
    EXPECT_THROW(queue.get(), ShutDown);
    EXPECT_THROW(queue.peek(), ShutDown);
}

// P-112
FAKE_CLOCK_TEST(JoinableQueue, CountsWhatAnImmediateShutdownDropsAsDone) {
    JoinableQueue<int> queue{{}, {1, 2, 3}};
    queue.get();
    queue.shutdown(true);
    EXPECT_THROW(queue.get(), ShutDown);
    EXPECT_EQ(queue.unfinished(), 1U);
    queue.task_done();
    EXPECT_TRUE(queue.join());
}

struct ThrowsOn13 {
    bool operator()(int a, int b) const {
        if (a == 13 || b == 13) throw std::range_error{"13"};
        return a < b;
    }
};

// P-113
FAKE_CLOCK_TEST(PriorityQueue, GivesTheSmallestFirst) {
    PriorityQueue<int> queue{{}, {3, 1, 2}};
    EXPECT_EQ(queue.peek(), 1);
    std::vector<int> got;
    while (!queue.empty()) got.push_back(queue.get());
    EXPECT_THAT(got, ElementsAre(1, 2, 3));

    std::mt19937 random{3};
    std::vector<int> numbers(500);
    for (int& n : numbers) queue.put(n = std::uniform_int_distribution{0, 99}(random));
    std::sort(numbers.begin(), numbers.end());
    for (const int n : numbers) ASSERT_EQ(queue.get(), n);
}

// P-113
FAKE_CLOCK_TEST(PriorityQueue, IsUnchangedByAComparatorThatThrows) {
    PriorityQueue<int, ThrowsOn13> queue{3, {5, 4}};
    EXPECT_THROW(queue.put(13), std::range_error);
    EXPECT_EQ(queue.qsize(), 2U);
    queue.put(3);
    auto unlucky = spawn([&] { EXPECT_THROW(queue.put(13), std::range_error); });
    auto next = spawn([&] { queue.put(1); });
    sleep();
    EXPECT_EQ(queue.get(), 3) << "the getter is not told of the putter's trouble";
    joinall({unlucky, next});
    EXPECT_EQ(queue.get(), 1);
    EXPECT_EQ(queue.get(), 4);
    EXPECT_EQ(queue.get(), 5);
}

// P-113
FAKE_CLOCK_TEST(LifoQueue, GivesTheLastFirst) {
    LifoQueue<int> queue{{}, {1, 2}};
    queue.put(3);
    EXPECT_EQ(queue.peek(), 3);
    EXPECT_EQ(queue.get(), 3);
    EXPECT_EQ(queue.get(), 2);
}

// P-114
FAKE_CLOCK_TEST(Channel, PassesAnItemFromHandToHand) {
    Channel<int> channel;
    EXPECT_TRUE(channel.empty() && channel.full());
    EXPECT_EQ(channel.qsize(), 0U);
    EXPECT_THROW(channel.put_nowait(1), Full);
    EXPECT_THROW(channel.get_nowait(), Empty);

    auto putter = spawn([&] { channel.put(1); });
    sleep();
    EXPECT_FALSE(putter.dead());
    EXPECT_EQ(channel.get(), 1);
    putter.join();

    auto getter = spawn([&] { return channel.get(); });
    sleep();
    channel.put_nowait(2);
    EXPECT_EQ(getter.get(), 2);

    auto first = spawn([&] { EXPECT_THROW(channel.put(3), ShutDown); });
    sleep();
    channel.shutdown();
    first.join();
    EXPECT_THROW(channel.get(), ShutDown);
}

// P-026
FAKE_CLOCK_TEST(Queue, IsLeftByThoseWhoseTimeoutOrKillCame) {
    Queue<int> queue{1};
    auto killed = spawn([&] { queue.get(); });
    auto next = spawn([&] { return queue.get(); });
    sleep();
    killed.kill({}, false);
    queue.put(1);
    EXPECT_EQ(next.get(), 1);

    auto woken = spawn([&] {
        const int item = queue.get();
        sleep(1h);
        return item;
    });
    sleep();
    queue.put(2);
    woken.kill({}, false);
    sleep();
    EXPECT_TRUE(queue.empty()) << "it had the item; what it does with it is its own affair";
    woken.kill();
    {
        const TimeoutGuard outer{1ms};
        EXPECT_THROW(queue.get(true, 1s), Timeout);
    }
}

// P-001
GREENLET_TEST(Queue, BelongsToItsThread) {
    Queue<int> queue;
    std::thread{[&] {
        EXPECT_THROW(queue.put(1), std::logic_error);
        EXPECT_THROW(queue.get(), std::logic_error);
    }}.join();
    EXPECT_TRUE(queue.empty());
}

// P-222
FAKE_CLOCK_TEST(Queue, MayBeDestroyedByTheWoken) {
    auto queue = std::make_unique<Queue<int>>();
    auto getter = spawn([&] { return queue->get(); });
    sleep();
    queue->put(4);
    queue.reset();
    EXPECT_EQ(getter.get(), 4);
}

// P-001
TEST(QueueDeathTest, IsNotDestroyedUnderItsWaiters) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto queue = std::make_unique<Queue<int>>();
            auto waiter = spawn([&queue] { queue->get(); });
            sleep();
            queue.reset();
        },
        "destroyed under its waiters");
}

}  // namespace
}  // namespace grove
