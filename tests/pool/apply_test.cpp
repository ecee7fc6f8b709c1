// apply, apply_cb and apply_async of groups and pools.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "quiet_hub.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// P-170
GREENLET_TEST(Apply, ReturnsThrowsAndBlocksForASlot) {
    const test::QuietHub quiet;
    Pool pool{1};
    EXPECT_EQ(pool.apply([](int a, int b) { return a + b; }, std::tuple{1, 2}), 3);
    EXPECT_EQ(pool.apply([] { return 4; }), 4);
    EXPECT_THROW(pool.apply([] { throw std::runtime_error{"task"}; }), std::runtime_error);

    bool ended = false;
    pool.spawn([&] {
        sleep(2ms);
        ended = true;
    });
    EXPECT_TRUE(pool.apply([&] { return ended; }));
}

// P-170
GREENLET_TEST(Apply, StoresItsArgumentsAndPassesThemAsRvalues) {
    Group group;
    auto take = [](std::unique_ptr<int> value) { return value; };
    EXPECT_EQ(*group.apply(take, std::tuple{std::make_unique<int>(5)}), 5);

    int counter = 0;
    group.apply([](int& value) { ++value; }, std::tuple{std::ref(counter)});
    EXPECT_EQ(counter, 1);

    const std::tuple<std::string> arguments{"copied"};
    EXPECT_EQ(group.apply([](std::string&& text) { return std::move(text); }, arguments), "copied");
    EXPECT_EQ(std::get<0>(arguments), "copied");

    // std::tie gives references, which are decayed, as std::thread decays them
    group.apply([](int&& value) { ++value; }, std::tie(counter));
    EXPECT_EQ(counter, 1);
}

// P-171
GREENLET_TEST(Apply, EndsItsTaskBeforeItsCallerIsKilled) {
    Group group;
    bool task_ended = false;
    auto caller = spawn([&] {
        group.apply([&] {
            try {
                sleep(1h);
            } catch (const GreenletExit&) {
                const Shield shield;
                sleep(2ms);
                task_ended = true;
                throw;
            }
        });
    });
    sleep(1ms);

    caller.kill();

    EXPECT_TRUE(task_ended);
    EXPECT_TRUE(group.empty());
}

// P-171
GREENLET_TEST(Apply, RunsNothingIfItIsInterruptedBeforeItHasASlot) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(1h); });
    bool ran = false;
    {
        const TimeoutGuard guard{1ms};
        EXPECT_THROW(pool.apply([&] { ran = true; }), Timeout);
    }
    member.kill();
    sleep();
    EXPECT_FALSE(ran);
    EXPECT_EQ(pool.free_count(), 1U);
}

// P-172
GREENLET_TEST(Apply, RunsInlineInAMember) {
    Pool pool{1};
    std::vector<std::uint64_t> ids;
    const auto note = [&] { ids.push_back(getcurrent().id()); };

    const int result = pool.apply([&] {
        note();
        return pool.apply([&] {
            note();
            return pool.apply([&] {
                note();
                return 7;
            });
        });
    });

    EXPECT_EQ(result, 7);
    EXPECT_THAT(ids, ElementsAre(ids[0], ids[0], ids[0]));
    EXPECT_THROW(pool.apply([&] { return pool.apply([]() -> int { throw 1; }); }), int);
}

// P-173
GREENLET_TEST(Apply, ThrowsKilledIfItsTaskWasKilled) {
    Pool pool{1};
    spawn([&] { pool.kill(); });
    EXPECT_THROW(pool.apply([] { sleep(1h); }), std::runtime_error);
    spawn([&] { pool.kill(); });
    EXPECT_THROW(pool.apply([] { sleep(1h); }), Killed);
}

// P-174
GREENLET_TEST(ApplyAsync, NeverBlocksAndIsAMemberIfThereIsRoom) {
    Pool pool{1};
    std::vector<int> called;
    auto first =
        pool.apply_async([] { return 1; }, std::tuple{}, [&](int v) { called.push_back(v); });
    EXPECT_TRUE(pool.contains(first));
    auto second = pool.apply_async(
        [](int v) {
            sleep(1ms);
            return v;
        },
        std::tuple{2}, [&](const int& v) { called.push_back(v); });
    EXPECT_FALSE(pool.contains(second));

    EXPECT_TRUE(pool.join());
    EXPECT_FALSE(second.dead());
    EXPECT_EQ(second.get(), 2);
    EXPECT_EQ(first.get(), 1);
    sleep();
    EXPECT_THAT(called, ElementsAre(1, 2));
    EXPECT_EQ(pool.free_count(), 1U);
}

// P-174
GREENLET_TEST(ApplyAsync, CallsBackOnSuccessOnlyAndReportsAFailureOnce) {
    const test::QuietHub quiet;
    Pool pool{1};
    int called = 0;
    const auto count = [&] { ++called; };
    for (int round = 1; round <= 2; ++round) {  // the second finds the pool full
        auto failing = pool.apply_async([] { throw 1; }, std::tuple{}, count);
        if (round == 1) continue;
        failing.join();
        pool.join();
    }
    EXPECT_EQ(quiet.errors(), 2);
    auto killed = pool.apply_async([] { sleep(1h); }, std::tuple{}, count);
    auto waiting = pool.apply_async([] { sleep(1h); }, std::tuple{}, count);
    sleep();
    waiting.kill();
    killed.kill();
    sleep();
    EXPECT_EQ(called, 0);
    EXPECT_EQ(quiet.errors(), 2);
    pool.apply_async([] {}, std::tuple{}, count).join();
    sleep();
    EXPECT_EQ(called, 1);
}

// P-174
GREENLET_TEST(ApplyAsync, DoesNotLetAFailingCallbackChangeTheResult) {
    const test::QuietHub quiet;
    Group group;
    auto greenlet = group.apply_async([] { return 1; }, std::tuple{}, [](int) { throw 2; });
    EXPECT_EQ(greenlet.get(), 1);
    sleep();
    sleep();
    EXPECT_EQ(quiet.errors(), 1);
}

// P-129, P-174
GREENLET_TEST(ApplyAsync, OnAFullPoolRunsInTheClassOnceItIsAMember) {
    struct Counting : GreenletClass {
        explicit Counting(int& runs) : runs_{runs} {}
        void run(const AnyGreenlet&, const std::function<void()>& body) const override {
            ++runs_;
            body();
        }
        int& runs_;
    };
    int runs = 0;
    Pool pool{1, std::make_shared<Counting>(runs)};
    auto member = pool.spawn([] { sleep(1ms); });
    auto late = pool.apply_async([&] { return std::make_unique<int>(runs); });
    sleep();
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(*late.get(), 2);
    EXPECT_TRUE(member.dead());
}

// P-175
GREENLET_TEST(ApplyCb, CallsBackInAGreenletOfItsOwn) {
    Pool pool{1};
    int given = 0;
    EXPECT_EQ(pool.apply_cb([] { return 5; }, std::tuple{}, [&](int value) { given = value; }), 5);
    EXPECT_EQ(given, 0);
    sleep();
    EXPECT_EQ(given, 5);

    pool.apply_cb([] {}, std::tuple{}, [&] { given = 6; });
    sleep();
    EXPECT_EQ(given, 6);
    EXPECT_EQ(pool.apply_cb([] { return 7; }), 7);
}

// A wrong callable is refused when compiling, by a named concept.
template <class... A>
concept CanApply = requires(Group group, A... arguments) {
    group.apply(arguments...);
};
template <class... A>
concept CanMap = requires(Group group, A... arguments) {
    group.map(arguments...);
};
template <class... A>
concept CanImap = requires(Group group, A... arguments) {
    group.imap(arguments...);
};
struct TakesInt {
    void operator()(int) const {}
};
static_assert(CanApply<TakesInt, std::tuple<int>>);
static_assert(!CanApply<TakesInt, std::tuple<std::string>>);
static_assert(!CanApply<TakesInt>);
static_assert(CanMap<TakesInt, std::vector<int>>);
static_assert(!CanMap<TakesInt, std::vector<std::string>>);
static_assert(!CanMap<TakesInt, int>);
static_assert(CanImap<TakesInt, std::vector<int>>);
static_assert(CanImap<Maxsize, TakesInt, std::vector<int>>);
static_assert(!CanImap<TakesInt>);  // P-183: at least one range
static_assert(!CanImap<Maxsize, TakesInt>);
static_assert(!CanImap<TakesInt, std::vector<int>, std::vector<int>>);

}  // namespace
}  // namespace grove
