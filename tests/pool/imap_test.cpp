// imap and imap_unordered of groups and pools.
#include <grove/pool/imap.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/queue.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>
#include <grove/pool/pool.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "quiet_hub.h"
#include "ranges.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::count_to;
using test::Generated;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

template <class Results>
auto rest_of(Results&& results) {
    std::vector<typename std::decay_t<decltype(results.next())>::value_type> rest;
    while (auto result = results.next()) rest.push_back(std::move(*result));
    return rest;
}

int wait_ms(int ms) {
    sleep(std::chrono::milliseconds{ms});
    return ms;
}

// P-182
FAKE_CLOCK_TEST(IMap, StartsBeforeTheFirstNext) {
    Pool pool{3};
    int started = 0;
    auto results = pool.imap([&](int item) { return ++started, item; }, std::vector{1, 2, 3});
    EXPECT_EQ(started, 0);
    sleep(10ms);
    EXPECT_EQ(started, 3);
    EXPECT_THAT(rest_of(results), ElementsAre(1, 2, 3));
}

// P-182
FAKE_CLOCK_TEST(IMap, KeepsTheOrderOfInputAndUnorderedThatOfCompletion) {
    Pool pool{3};
    auto ordered = pool.imap(wait_ms, std::vector{10, 1, 2});
    EXPECT_THAT(rest_of(ordered), ElementsAre(10, 1, 2));
    auto unordered = pool.imap_unordered(wait_ms, std::vector{10, 1, 2});
    EXPECT_THAT(rest_of(unordered), ElementsAre(1, 2, 10));
}

// P-183
GREENLET_TEST(IMap, ZipsItsRangesToTheShortest) {
    Pool pool{2};
    const std::vector<int> left{1, 2, 3};
    auto sums = pool.imap([](int a, std::string b) { return std::to_string(a) + b; }, left,
                          std::vector<std::string>{"a", "b"});
    EXPECT_THAT(rest_of(sums), ElementsAre("1a", "2b"));
    EXPECT_TRUE(rest_of(pool.imap([](int) {}, std::vector<int>{})).empty());
}

// P-183
GREENLET_TEST(IMap, TakesARangeThatBlocks) {
    Pool pool{2};
    std::deque<int> queue;
    Event put;
    bool done = false;
    auto results = pool.imap_unordered([](int item) { return item * 10; },
                                       Generated<int>{[&]() -> std::optional<int> {
                                           while (queue.empty()) {
                                               if (done) return std::nullopt;
                                               put.clear();
                                               put.wait();
                                           }
                                           const int item = queue.front();
                                           queue.pop_front();
                                           return item;
                                       }});
    for (int i = 1; i <= 3; ++i) {
        queue.push_back(i);
        put.set();
        EXPECT_EQ(results.next(), i * 10);
    }
    done = true;
    put.set();
    EXPECT_EQ(results.next(), std::nullopt);
}

// P-184
GREENLET_TEST(IMap, ThrowsAFailureInItsPlaceAndGoesOn) {
    const test::QuietHub quiet;
    Pool pool{1};
    auto results = pool.imap(
        [](int item) {
            if (item == 0) throw std::domain_error{"1/0"};
            return 1.0 / item;
        },
        std::vector{1, 0, 2});
    EXPECT_EQ(results.next(), 1.0);
    EXPECT_THROW(results.next(), std::domain_error);
    EXPECT_EQ(results.next(), 0.5);
    EXPECT_EQ(results.next(), std::nullopt);
}

// P-184
GREENLET_TEST(IMap, ThrowsKilledInThePlaceOfAKilledTask) {
    Pool pool{3};
    std::vector<AnyGreenlet> tasks;
    auto results = pool.imap(
        [&](int item) {
            tasks.push_back(getcurrent());
            sleep();
            sleep();
            return item;
        },
        std::vector{1, 2, 3});
    while (tasks.size() < 3) sleep();
    tasks[1].kill();
    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW(results.next(), Killed);
    EXPECT_EQ(results.next(), 3);
    EXPECT_EQ(results.next(), std::nullopt);
}

Generated<int> imap_two_then_throw() {
    return Generated<int>{[at = 0]() mutable -> std::optional<int> {
        if (++at > 2) throw std::out_of_range{"range"};
        return at;
    }};
}

// P-185, P-186
FAKE_CLOCK_TEST(IMap, ThrowsWhatTheRangeThrewAfterAllResults) {
    Pool pool{3};
    const auto check = [](auto results) {
        EXPECT_EQ(results.next(), 1);
        EXPECT_EQ(results.next(), 2);
        EXPECT_THROW(results.next(), std::out_of_range);
        for (int i = 0; i < 5; ++i) EXPECT_EQ(results.next(), std::nullopt);
    };
    const auto task = [](int item) {
        sleep(10ms);
        return item;
    };
    check(pool.imap(task, imap_two_then_throw()));
    check(pool.imap_unordered(task, imap_two_then_throw()));
}

// P-187
GREENLET_TEST(IMapMaxsize, BoundsWhatIsStartedAndNotConsumed) {
    for (int maxsize = 1; maxsize <= 3; ++maxsize) {
        Group group;
        int started = 0;
        const auto task = [&](int item) { return ++started, item; };
        int taken = 0;
        auto results =
            group.imap(Maxsize{static_cast<std::size_t>(maxsize)}, task, count_to(10, taken));
        for (int calls = 0; calls <= 2; ++calls) {
            sleep(1ms);
            EXPECT_EQ(started, maxsize + calls);
            EXPECT_LE(taken, started + 1);
            EXPECT_EQ(results.next(), calls);
        }
        EXPECT_EQ(rest_of(results).size(), 7U);
    }
    Group group;
    int started = 0;
    auto results = group.imap_unordered(
        Maxsize{0}, [&](int) { ++started; }, std::vector<int>(100));
    sleep(1ms);
    EXPECT_EQ(started, 100);
}

// P-187
FAKE_CLOCK_TEST(IMapMaxsize, OfOneDoesNotDeadlockOnASlowFirstItem) {
    Pool pool{3};
    auto results = pool.imap(Maxsize{1}, wait_ms, std::vector{10, 1, 2});
    EXPECT_THAT(rest_of(results), ElementsAre(10, 1, 2));
}

// P-188
FAKE_CLOCK_TEST(IMapMaxsize, IsNotRaisedByANextThatTimesOut) {
    Group group;
    int started = 0;
    auto results = group.imap(
        Maxsize{1},
        [&](int item) {
            ++started;
            sleep(1s);
            return item;
        },
        std::vector{7, 8});
    for (int i = 0; i < 4; ++i) {
        const TimeoutGuard guard{20ms};
        EXPECT_THROW(results.next(), Timeout);
        EXPECT_EQ(started, 1);
    }
    EXPECT_EQ(results.next(), 7);
    EXPECT_EQ(results.next(), 8);
}

// P-189
GREENLET_TEST(IMap, DroppedTakesNoFurtherItem) {
    Pool pool{2};
    int taken = 0;
    int ended = 0;
    {
        auto results = pool.imap_unordered(
            [&](int item) {
                sleep(1ms);
                ++ended;
                return item;
            },
            count_to(100, taken));
        results.next();
    }
    const int taken_then = taken;
    EXPECT_LE(taken_then, 5);
    pool.join();
    sleep(1ms);
    EXPECT_EQ(taken, taken_then);
    EXPECT_LE(ended, 4);
    EXPECT_EQ(pool.free_count(), 2U);
}

// P-189
GREENLET_TEST(IMap, DroppedHasLetGoOfAnLvalueRange) {
    Pool pool{1};
    for (int turns = 0; turns < 5; ++turns) {  // its feeder has got that far
        auto items = std::make_unique<std::vector<std::string>>(5, "a text that is on the heap");
        {
            auto results = pool.imap([](std::string) { sleep(); }, *items);
            for (int turn = 0; turn < turns; ++turn) sleep();
        }
        items.reset();
    }
    pool.join();
}

// P-189
GREENLET_TEST(IMap, DroppedWaitsForAnLvalueRangeThatBlocks) {
    Group group;
    Event never;
    bool out = false;
    struct Out {
        bool& flag;
        ~Out() { flag = true; }
    };
    Generated<int> range{[&]() -> std::optional<int> {
        const Out guard{out};
        never.wait();
        return std::nullopt;
    }};
    {
        auto results = group.imap([](int) {}, range);
        sleep();
    }
    EXPECT_TRUE(out);
}

// P-189, P-191: a stopped feeder does not touch the pool any more
GREENLET_TEST(IMap, DroppedLetsThePoolGo) {
    for (int turns = 0; turns < 6; ++turns) {
        Pool pool{1};
        auto results = pool.imap([](int) { sleep(); }, std::vector<int>(10));
        for (int turn = 0; turn < turns; ++turn) sleep();
        auto moved = std::move(results);
        EXPECT_EQ(results.next(), std::nullopt);
    }
}

// P-190
GREENLET_TEST(IMap, WhosePoolIsKilledGivesWhatThereIsThenKilled) {
    Pool pool{1};
    auto results = pool.imap(
        [](int item) {
            if (item > 1) sleep(1h);
            return item;
        },
        std::vector{1, 2, 3, 4});
    sleep(1ms);

    pool.kill();

    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW(results.next(), Killed);
    EXPECT_EQ(results.next(), std::nullopt);
    EXPECT_EQ(results.next(), std::nullopt);
}

// P-190
GREENLET_TEST(IMap, WhoseTaskSurvivesTheKillSaysKilledOnce) {
    Pool pool{1};
    auto results = pool.imap_unordered(
        [](int item) {
            try {
                sleep(1h);
            } catch (const GreenletExit&) {
                return item;
            }
            return 0;
        },
        std::vector{1, 2, 3});
    sleep(1ms);
    pool.kill();
    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW(results.next(), Killed);
    EXPECT_EQ(results.next(), std::nullopt);
}

// P-191
TEST(IMapDeathTest, AbortsWhenThePoolIsDestroyedBeforeItsIterator) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto pool = std::make_unique<Pool>(1);
            auto results = pool->imap([](int) { sleep(1h); }, std::vector<int>(3));
            sleep();
            pool.reset();
        },
        "still taking items for it");
}

// P-192
FAKE_CLOCK_TEST(IMap, OfAMemberOfAFullPoolWaitsForASlot) {
    Pool pool{1};
    bool timed_out = false;
    pool.spawn([&] {
        auto results = pool.imap([](int item) { return item; }, std::vector{1});
        try {
            const TimeoutGuard guard{5ms};
            results.next();
        } catch (const Timeout&) {
            timed_out = true;
        }
    });
    pool.join();
    EXPECT_TRUE(timed_out);
}

// P-193
GREENLET_TEST(IMapUnordered, GivesEachOfItsConsumersOtherValues) {
    Pool pool{3};
    auto results = pool.imap_unordered(
        [](int item) {
            sleep();
            return item;
        },
        std::vector{0, 1, 2, 3, 4, 5, 6});
    std::vector<int> seen;
    const auto consume = [&] {
        while (auto item = results.next()) seen.push_back(*item);
    };
    auto first = spawn(consume);
    auto second = spawn(consume);
    first.join();
    second.join();
    EXPECT_THAT(seen, UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6));
}

// P-193
GREENLET_TEST(IMap, RefusesASecondConsumer) {
    Pool pool{1};
    auto results = pool.imap(wait_ms, std::vector{1});
    auto first = spawn([&] { return results.next(); });
    sleep();
    EXPECT_THROW(results.next(), std::logic_error);
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(results.next(), std::nullopt);
}

struct ThrowsOnce {
    ThrowsOnce(int its_value, int& its_moves) : value{its_value}, moves{&its_moves} {}
    ThrowsOnce(ThrowsOnce&& other) : value{other.value}, moves{other.moves} {
        if (++*moves == 2) throw std::runtime_error{"move"};
    }
    int value;
    int* moves;
};

// P-194
GREENLET_TEST(IMap, StaysSoundWhenAResultThrowsAsItIsMoved) {
    const test::QuietHub quiet;
    Pool pool{1};
    int moves = 0;
    auto results = pool.imap(
        [&](int item) {
            return ThrowsOnce{item, moves};
        },
        std::vector{0, 1, 2});
    int thrown = 0;
    std::vector<int> values;
    for (;;) {
        try {
            const auto result = results.next();
            if (!result) break;
            values.push_back(result->value);
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    }
    EXPECT_EQ(thrown, 1);
    EXPECT_EQ(values.size(), 2U);
    EXPECT_EQ(pool.free_count(), 1U);
}

GREENLET_TEST(IMap, IsAnInputRangeOfMoveOnlyResults) {
    Pool pool{2};
    auto make = [](int item) { return std::make_unique<int>(item); };
    using Results = decltype(pool.imap(make, std::vector<int>{}));
    static_assert(std::ranges::input_range<Results&>);
    static_assert(std::same_as<std::ranges::range_reference_t<Results&>, std::unique_ptr<int>&>);
    static_assert(std::is_nothrow_move_constructible_v<Results>);
    static_assert(!std::is_copy_constructible_v<Results>);

    int sum = 0;
    for (auto& result : pool.imap(make, std::vector{1, 2, 3})) {
        const auto taken = std::move(result);
        sum += *taken;
    }
    EXPECT_EQ(sum, 6);
    int count = 0;
    for (std::monostate nothing : pool.imap([](int) {}, std::vector{1, 2, 3})) {
        static_cast<void>(nothing);
        ++count;
    }
    EXPECT_EQ(count, 3);
}

// P-183, P-186
GREENLET_TEST(IMap, ReadsAQueueUntilItIsShutDownAndEmpty) {
    Pool pool{2};
    Queue<std::unique_ptr<int>> queue{1};
    auto results = pool.imap([](std::unique_ptr<int> item) { return *item * 10; }, queue);
    auto producer = spawn([&] {
        for (int i = 1; i <= 4; ++i) queue.put(std::make_unique<int>(i));  // blocks: room for one
        queue.shutdown();
    });
    EXPECT_EQ(results.next(), 10);
    EXPECT_EQ(results.next(), 20);
    EXPECT_EQ(results.next(), 30);
    EXPECT_EQ(results.next(), 40);
    EXPECT_EQ(results.next(), std::nullopt);
    EXPECT_TRUE(producer.successful());
    EXPECT_TRUE(queue.empty());
}

// P-189
GREENLET_TEST(IMap, DroppedWhileItWaitsForAQueueTakesNothingMore) {
    Pool pool{2};
    Queue<int> queue;
    {
        auto results = pool.imap_unordered([](int item) { return item; }, queue);
        queue.put(1);
        EXPECT_EQ(results.next(), 1);
    }
    queue.put(2);
    sleep();
    EXPECT_EQ(queue.qsize(), 1U);
    EXPECT_EQ(pool.free_count(), 2U);
}

GREENLET_TEST(IMap, FeedsAnotherImap) {
    Pool pool{2};
    auto twice = pool.imap([](int item) { return item * 2; }, std::vector{1, 2, 3});
    auto plus_one = pool.imap([](int item) { return item + 1; }, std::move(twice));
    EXPECT_THAT(rest_of(plus_one), ElementsAre(3, 5, 7));
}

GREENLET_TEST(IMap, AssignedToLetsGoOfWhatItHad) {
    Pool pool{2};
    auto results = pool.imap(wait_ms, std::vector<int>(50, 1));
    results = pool.imap(wait_ms, std::vector{2});
    EXPECT_THAT(rest_of(results), ElementsAre(2));
    pool.join();
}

}  // namespace
}  // namespace grove
