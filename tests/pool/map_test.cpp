// map, map_cb and map_async of groups and pools.
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
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
using test::now;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// P-176
FAKE_CLOCK_TEST(Map, GivesResultsInTheOrderOfItems) {
    Pool pool{2};
    const std::vector<Duration> delays{30ms, 20ms, 10ms};
    const auto start = now();

    const auto results = pool.map(
        [](Duration delay) {
            sleep(delay);
            return delay * 2;
        },
        delays);

    EXPECT_THAT(results, ElementsAre(60ms, 40ms, 20ms));
    EXPECT_EQ(now() - start, 30ms);
    EXPECT_THAT(pool.map([](int item) { return item; }, std::list<int>{}), IsEmpty());
    static_assert(std::is_void_v<decltype(pool.map([](int) {}, std::vector<int>{}))>);
}

// P-176
GREENLET_TEST(Map, TakesItemsOnlyWhenThereIsASlotToSpawn) {
    Pool pool{2};
    int taken = 0;
    int ended = 0;
    auto items = count_to(10, taken);
    const auto results = pool.map(
        [&](int item) {
            EXPECT_LE(taken - ended, 2 + 1);  // the slots', and one in hand
            sleep();
            ++ended;
            return item;
        },
        items);
    EXPECT_EQ(results.size(), 10U);
    EXPECT_EQ(taken, 10);
}

// P-177
FAKE_CLOCK_TEST(Map, ThrowsOnlyAfterTheTasksThatRunHaveEnded) {
    const test::QuietHub quiet;
    Pool pool{3};
    std::vector<int> started;
    int ended = 0;
    const auto task = [&](int item) {
        started.push_back(item);
        if (item == 1) throw std::runtime_error{"1"};
        sleep(10ms);
        ++ended;
    };

    EXPECT_THROW(pool.map(task, std::vector{0, 1, 2, 3, 4}), std::runtime_error);

    EXPECT_EQ(ended, 2);
    EXPECT_THAT(started, ElementsAre(0, 1, 2));
    EXPECT_TRUE(pool.empty());
}

// P-177
GREENLET_TEST(Map, ThrowsTheErrorOfTheLowestIndexThatFailed) {
    const test::QuietHub quiet;
    Pool pool{3};
    const auto task = [](int item) {
        for (int turn = item; turn < 3; ++turn) sleep();
        throw item;
    };
    try {
        pool.map(task, std::vector{0, 1, 2});
        FAIL() << "nothing was thrown";
    } catch (int index) {
        EXPECT_EQ(index, 0);
    }
}

Generated<int> map_two_then_throw() {
    return Generated<int>{[at = 0]() mutable -> std::optional<int> {
        if (++at > 2) throw std::out_of_range{"range"};
        return at;
    }};
}

// P-178
GREENLET_TEST(Map, WaitsForWhatItStartedWhenTheRangeThrows) {
    const test::QuietHub quiet;
    Pool pool{3};
    int ended = 0;
    const auto count = [&](int) {
        sleep();
        ++ended;
    };
    EXPECT_THROW(pool.map(count, map_two_then_throw()), std::out_of_range);
    EXPECT_EQ(ended, 2);

    const auto fail = [](int item) {
        sleep();
        if (item == 2) throw item;
    };
    EXPECT_THROW(pool.map(fail, map_two_then_throw()), int);
}

// P-179
FAKE_CLOCK_TEST(Map, InterruptedKillsWhatItStartedAndStartsNoMore) {
    Pool pool{1};
    int started = 0;
    int killed = 0;
    const auto task = [&](int) {
        ++started;
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            const Shield shield;
            sleep(1ms);
            ++killed;
            throw;
        }
    };
    {
        const TimeoutGuard guard{10ms};
        EXPECT_THROW(pool.map(task, std::vector<int>(5)), Timeout);
    }
    EXPECT_EQ(started, 1);
    EXPECT_EQ(killed, 1);
    EXPECT_TRUE(pool.empty());
    EXPECT_EQ(pool.waiting(), 0U);

    auto caller = spawn([&] { pool.map(task, std::vector<int>(5)); });
    sleep(1ms);
    caller.kill();
    EXPECT_TRUE(pool.empty());
    EXPECT_EQ(started, 2);
    EXPECT_EQ(killed, 2);
}

// P-179
GREENLET_TEST(Map, InterruptedInABlockingRangeKillsWhatItStarted) {
    Group group;
    Event never;
    auto caller = spawn([&] {
        group.map([](int) { sleep(1h); },
                  Generated<int>{[&, at = 0]() mutable -> std::optional<int> {
                      if (++at > 2) never.wait();
                      return at;
                  }});
    });
    sleep(1ms);
    EXPECT_EQ(group.size(), 2U);
    caller.kill();
    EXPECT_TRUE(group.empty());
}

// P-137
GREENLET_TEST(Map, WhosePoolIsKilledIsTakenOutOfABlockingRange) {
    Group group;
    Event never;
    bool killed = false;
    auto caller = spawn([&] {
        try {
            group.map([](int) {}, Generated<int>{[&]() -> std::optional<int> {
                          never.wait();
                          return 0;
                      }});
        } catch (const Killed&) {
            killed = true;
        }
        sleep();  // no interruption is left over
    });
    sleep();
    group.kill();
    caller.join();
    EXPECT_TRUE(killed);
    EXPECT_TRUE(caller.successful());
}

// P-180
GREENLET_TEST(Map, OfAMemberOfAFullPoolRunsInline) {
    Pool pool{1};
    std::vector<std::uint64_t> ids;
    auto member = pool.spawn([&] {
        return pool.map(
            [&](int item) {
                ids.push_back(getcurrent().id());
                return item * 2;
            },
            std::vector{1, 2});
    });
    EXPECT_THAT(member.get(), ElementsAre(2, 4));
    EXPECT_THAT(ids, ElementsAre(member.id(), member.id()));

    const auto fail = [&] { pool.map([](int item) { throw item; }, std::vector{1, 2}); };
    const test::QuietHub quiet;
    EXPECT_THROW(pool.spawn(fail).get(), int);
}

// P-180
GREENLET_TEST(Map, OfMembersNestsToAnyDepth) {
    Pool pool{2};
    std::function<int(int)> sum = [&](int depth) -> int {
        if (depth == 0) return 1;
        int total = 0;
        for (int part : pool.map(sum, std::vector{depth - 1, depth - 1})) total += part;
        return total;
    };
    EXPECT_EQ(pool.apply(sum, std::tuple{6}), 64);
    EXPECT_TRUE(pool.empty());
}

// P-181
GREENLET_TEST(MapAsync, KilledEndsItsTasksAndDoesNotCallBack) {
    Pool pool{2};
    bool called = false;
    auto map = pool.map_async([](int) { sleep(1h); }, std::vector<int>(6), [&] { called = true; });
    EXPECT_FALSE(pool.contains(map));
    sleep(1ms);
    EXPECT_EQ(pool.size(), 2U);

    map.kill();

    EXPECT_TRUE(pool.empty());
    sleep(1ms);
    EXPECT_FALSE(called);
}

// P-181
GREENLET_TEST(MapCb, CallsBackInTheCallerAndLetsItsErrorsPass) {
    Pool pool{2};
    std::vector<int> given;
    const auto twice = [](int item) { return item * 2; };
    const auto keep = [&](const std::vector<int>& results) { given = results; };
    EXPECT_THAT(pool.map_cb(twice, std::vector{1, 2}, keep), ElementsAre(2, 4));
    EXPECT_THAT(given, ElementsAre(2, 4));
    EXPECT_THROW(pool.map_cb(twice, std::vector{1}, [](const auto&) { throw 1; }), int);
    EXPECT_EQ(pool.map_cb(twice, std::vector{1}).size(), 1U);

    EXPECT_THAT(pool.map_async(twice, std::vector{3}, keep).get(), ElementsAre(6));
    EXPECT_THAT(given, ElementsAre(6));
    bool called = false;
    pool.map_async([](int) {}, std::vector{3}, [&] { called = true; }).get();
    EXPECT_TRUE(called);
}

// P-181
GREENLET_TEST(MapAsync, KeepsAnRvalueRangeAndRefersToAnLvalue) {
    Pool pool{1};
    std::vector<std::string> words{"a", "b"};
    auto copied = pool.map_async([](std::string word) { return word; }, words);
    auto moved = pool.map_async([](std::string word) { return word; }, std::vector{words});
    EXPECT_THAT(copied.get(), ElementsAre("a", "b"));
    EXPECT_THAT(moved.get(), ElementsAre("a", "b"));
    EXPECT_THAT(words, ElementsAre("a", "b"));
}

GREENLET_TEST(Map, TakesMoveOnlyFunctionsItemsAndResults) {
    Pool pool{2};
    std::vector<std::unique_ptr<int>> items;
    items.push_back(std::make_unique<int>(1));
    items.push_back(std::make_unique<int>(2));
    auto results = pool.map(
        [one = std::make_unique<int>(1)](std::unique_ptr<int> item) {
            *item += *one;
            return item;
        },
        std::move(items));
    EXPECT_EQ(*results[0], 2);
    EXPECT_EQ(*results[1], 3);
}

struct ThrowsWhenMapped {
    explicit ThrowsWhenMapped(int& moves_left) : left{&moves_left} {}
    ThrowsWhenMapped(ThrowsWhenMapped&& other) : left{other.left} {
        if (--*left == 0) throw std::runtime_error{"move"};
    }
    int* left;
};

// P-194
GREENLET_TEST(Map, StaysSoundWhenAnItemOrAResultThrowsAsItIsMoved) {
    const test::QuietHub quiet;
    Pool pool{1};
    for (int throw_at = 1; throw_at < 12; ++throw_at) {
        int left = throw_at;
        std::vector<int> items(3);
        bool threw = false;
        try {
            pool.map([&](int) { return ThrowsWhenMapped{left}; }, items);
        } catch (const std::runtime_error&) {
            threw = true;
        }
        EXPECT_EQ(threw, left <= 0) << throw_at;
        EXPECT_EQ(pool.free_count(), 1U);

        left = throw_at;
        std::list<ThrowsWhenMapped> movable;
        for (int i = 0; i < 3; ++i) movable.emplace_back(left);
        threw = false;
        try {
            pool.map([](ThrowsWhenMapped&&) {}, std::move(movable));
        } catch (const std::runtime_error&) {
            threw = true;
        }
        EXPECT_EQ(threw, left <= 0) << throw_at;
        EXPECT_EQ(pool.free_count(), 1U);
    }
}

// P-008
GREENLET_TEST_LEAVING_GREENLETS(Map, IsUnwoundWithItsThread) {
    auto pool = std::make_shared<Pool>(1);
    spawn([pool] { pool->map([](int) { sleep(1h); }, std::vector<int>(3)); });
    spawn([pool] { pool->spawn([] {}); });
    spawn([pool] { pool->map_async([](int) {}, std::vector<int>(3)).get(); });
    spawn([pool] {
        auto results = pool->imap([](int) {}, std::vector<int>(3));
        results.next();
    });
    sleep(1ms);
}

}  // namespace
}  // namespace grove
