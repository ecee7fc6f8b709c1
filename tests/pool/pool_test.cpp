#include <grove/pool/pool.h>

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "quiet_hub.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using test::now;
using ::testing::ElementsAre;

// P-150
GREENLET_TEST(Pool, KnowsTheSizeItWasGiven) {
    EXPECT_EQ(Pool{}.limit(), std::nullopt);
    EXPECT_EQ(Pool{0}.limit(), 0U);
    EXPECT_EQ(Pool{3}.limit(), 3U);
    EXPECT_THROW(Pool{-1}, std::invalid_argument);
    EXPECT_EQ(Pool{PTRDIFF_MAX}.limit(), static_cast<std::size_t>(PTRDIFF_MAX));
    EXPECT_FALSE(Pool{PTRDIFF_MAX}.full());
}

// P-151
GREENLET_TEST(Pool, ServesBlockedSpawnersInOrder) {
    Pool pool{1};
    std::vector<int> order;
    pool.spawn([] { sleep(); });
    std::vector<Greenlet<void>> spawners;
    for (int i = 0; i < 6; ++i) {
        spawners.push_back(spawn([&, i] {
            pool.spawn([&order, i] {
                sleep();
                order.push_back(i);
            });
        }));
    }
    for (auto& spawner : spawners) spawner.join();
    pool.join();

    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5));
}

// P-151
GREENLET_TEST(Pool, TracksAGreenletThatEndedWhileItWaited) {
    Pool pool{1};
    pool.spawn([] {
        sleep();
        sleep();
    });
    auto quick = spawn([] {});

    pool.add(quick);

    EXPECT_TRUE(quick.dead());
    EXPECT_TRUE(pool.contains(quick));
    EXPECT_TRUE(pool.full());
    sleep();
    EXPECT_FALSE(pool.full());
}

// P-152
FAKE_CLOCK_TEST(Pool, ThrowsPoolFullAtOnceOrInTime) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(1h); });
    auto other = make_greenlet([] {});
    const auto start = now();

    EXPECT_THROW(pool.add(other, false), PoolFull);
    EXPECT_THROW(pool.add(other, false, 1s), Full);
    EXPECT_EQ(now(), start);
    EXPECT_THROW(pool.add(other, true, 100ms), PoolFull);
    EXPECT_EQ(now() - start, 100ms);

    EXPECT_FALSE(pool.contains(other));
    EXPECT_EQ(other.link_count(), 0U);
    EXPECT_EQ(pool.waiting(), 0U);
    pool.kill();
}

// P-152
FAKE_CLOCK_TEST(Pool, LetsATimeoutPassAndLeavesNoWaiter) {
    Pool pool{1};
    pool.spawn([] { sleep(1h); });
    {
        const TimeoutGuard guard{10ms};
        EXPECT_THROW(pool.spawn([] {}), Timeout);
    }
    EXPECT_EQ(pool.waiting(), 0U);
    pool.kill();
    EXPECT_EQ(pool.free_count(), 1U);
}

// P-153
GREENLET_TEST(Pool, DoesNotStartWhatDoesNotFit) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(); });
    auto other = make_greenlet([] { return 5; });

    EXPECT_THROW(pool.start(other, false), PoolFull);

    EXPECT_FALSE(other.started());
    EXPECT_FALSE(pool.contains(other));
    Group elsewhere;
    elsewhere.start(other);
    EXPECT_EQ(other.get(), 5);
    member.join();
}

struct ThrowingCopy {
    ThrowingCopy() = default;
    ThrowingCopy(const ThrowingCopy&) { throw std::runtime_error{"copy"}; }
    ThrowingCopy(ThrowingCopy&&) = default;
};

// P-154
GREENLET_TEST(Pool, LosesNoSlotWhenAnArgumentThrows) {
    Pool pool{1};
    const ThrowingCopy argument;
    for (int i = 0; i < 100; ++i) {
        EXPECT_THROW(pool.spawn([](const ThrowingCopy&) {}, argument), std::runtime_error);
        EXPECT_THROW(pool.try_spawn([](const ThrowingCopy&) {}, argument), std::runtime_error);
    }
    EXPECT_EQ(pool.free_count(), 1U);
    EXPECT_EQ(get_hub().greenlet_count(), 0U);
}

// P-124
GREENLET_TEST(Pool, TakesOneSlotForAMember) {
    Pool pool{3};
    auto greenlet = make_greenlet([] {});
    pool.add(greenlet);
    pool.add(greenlet);
    EXPECT_EQ(pool.free_count(), 2U);

    Pool small{1};
    small.add(greenlet);
    small.add(greenlet);
    EXPECT_TRUE(small.try_start(greenlet));
    EXPECT_EQ(greenlet.link_count(), 2U);
    greenlet.join();
    EXPECT_EQ(small.free_count(), 1U);
    EXPECT_EQ(pool.free_count(), 3U);
}

// P-124, added twice at once by two who both wait
GREENLET_TEST(Pool, TakesOneSlotForAMemberThatTwoAdd) {
    Pool pool{2};
    pool.spawn([] { sleep(1ms); });
    pool.spawn([] { sleep(1ms); });
    auto greenlet = make_greenlet([] {});
    auto first = spawn([&] { pool.add(greenlet); });
    auto second = spawn([&] { pool.add(greenlet); });
    first.join();
    second.join();

    EXPECT_EQ(pool.size(), 1U);
    EXPECT_EQ(pool.free_count(), 1U);
    pool.kill();
}

// P-126
GREENLET_TEST(Pool, GivesNoSlotBackForStrangersOrTwice) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(); });
    const auto stranger = make_greenlet([] {});
    pool.discard(stranger);
    EXPECT_EQ(pool.free_count(), 0U);
    pool.discard(member);
    pool.discard(member);
    EXPECT_EQ(pool.free_count(), 1U);
    member.join();
    EXPECT_EQ(pool.free_count(), 1U);

    int running = 0;
    int most = 0;
    for (int i = 0; i < 5; ++i) {
        pool.spawn([&] {
            most = std::max(most, ++running);
            sleep();
            --running;
        });
    }
    pool.join();
    EXPECT_EQ(most, 1);
}

// P-155
GREENLET_TEST(Pool, GivesEachSlotBackExactlyOnce) {
    std::mt19937 random{155};  // NOLINT(cert-msc51-cpp): repeatable
    Pool pool{50};
    std::vector<Greenlet<void>> greenlets;
    for (int i = 0; i < 10'000; ++i) {
        const auto pick = [&]() -> Greenlet<void>& {
            return greenlets[random() % greenlets.size()];
        };
        switch (random() % 5) {
            case 0:
            case 1:
                greenlets.push_back(pool.try_spawn([turns = random() % 3] {
                    for (auto turn = turns; turn > 0; --turn) sleep();
                }));
                if (!greenlets.back().valid()) greenlets.pop_back();
                break;
            case 2:
                if (!greenlets.empty()) pool.discard(pick());
                break;
            case 3:
                if (!greenlets.empty()) pick().kill();
                break;
            default:
                sleep();
        }
        ASSERT_EQ(pool.free_count() + pool.size(), 50U);
    }
    pool.kill();
    EXPECT_EQ(pool.free_count(), 50U);
    for (auto& greenlet : greenlets) greenlet.kill();
}

// P-156
GREENLET_TEST(Pool, IsFullIfAndOnlyIfANonBlockingAddThrows) {
    std::mt19937 random{156};  // NOLINT(cert-msc51-cpp): repeatable
    Pool pool{2};
    std::vector<Greenlet<void>> spawners;
    for (int i = 0; i < 1'000; ++i) {
        switch (random() % 4) {
            case 0:
                spawners.push_back(spawn([&] { pool.spawn([] { sleep(); }); }));
                break;
            case 1:
                pool.rawlink([] {});
                break;
            default:
                sleep();
        }
        const bool full = pool.full();
        EXPECT_EQ(full, pool.free_count() == 0);
        const auto probe = make_greenlet([] {});
        bool threw = false;
        try {
            pool.add(probe, false);
        } catch (const PoolFull&) {
            threw = true;
        }
        ASSERT_EQ(full, threw);
        pool.discard(probe);
    }
    for (auto& spawner : spawners) spawner.join();
    pool.join();
    EXPECT_FALSE(Pool{}.full());
    EXPECT_GT(Pool{}.free_count(), 0U);
}

// P-157
FAKE_CLOCK_TEST(Pool, TellsAllWhoWaitForOneFreeSlot) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(10ms); });
    std::vector<Greenlet<std::size_t>> waiters;
    for (int i = 0; i < 3; ++i) waiters.push_back(spawn([&] { return pool.wait_available(); }));

    for (auto& waiter : waiters) EXPECT_EQ(waiter.get(), 1U);

    EXPECT_EQ(pool.free_count(), 1U);
    const auto start = now();
    EXPECT_EQ(Pool{0}.wait_available(10ms), 0U);
    EXPECT_EQ(now() - start, 10ms);
    EXPECT_GT(Pool{}.wait_available(), 0U);
}

// P-158
FAKE_CLOCK_TEST(Pool, OfSizeZeroTakesNobody) {
    Pool pool{0};
    EXPECT_TRUE(pool.full());
    EXPECT_EQ(pool.free_count(), 0U);
    EXPECT_THROW(pool.spawn([] {}), LoopExit);
    EXPECT_THROW(pool.start(make_greenlet([] {}), true, 1ms), PoolFull);
    EXPECT_EQ(pool.wait_available(1ms), 0U);
    EXPECT_FALSE(pool.try_spawn([] {}).valid());
}

// P-159
GREENLET_TEST(Pool, PassesTheSlotOfAKilledWaiterOn) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(2ms); });
    bool first_ran = false;
    bool second_ran = false;
    auto first = spawn([&] { pool.spawn([&] { first_ran = true; }); });
    auto second = spawn([&] { pool.spawn([&] { second_ran = true; }); });
    sleep();

    first.kill();
    second.join();
    pool.join();

    EXPECT_FALSE(first_ran);
    EXPECT_TRUE(second_ran);
    EXPECT_EQ(pool.free_count(), 1U);
}

// P-098, P-159: the slot was given first, so the waiter has it; the kill comes at its next block
GREENLET_TEST(Pool, LosesNoSlotWhenAWaiterIsKilledInTheRoundOfItsSlot) {
    Pool pool{1};
    const auto member = make_greenlet([] {});
    pool.add(member);
    bool ran = false;
    auto waiter = spawn([&] { pool.spawn([&] { ran = true; }); });
    sleep();

    pool.discard(member);
    waiter.kill(GreenletExit{}, false);
    waiter.join();
    pool.join();

    EXPECT_TRUE(ran);
    EXPECT_EQ(pool.free_count(), 1U);
}

// P-160
GREENLET_TEST(Pool, LetsNobodyOvertakeTheLine) {
    Pool pool{1};
    std::vector<std::string> log;
    auto member = pool.spawn([] { sleep(); });
    auto waiter = spawn([&] { pool.spawn([&] { log.emplace_back("waiter's"); }); });
    member.rawlink([&](const AnyGreenlet&) {
        try {
            pool.start(make_greenlet([&] { log.emplace_back("overtaker's"); }), false);
        } catch (const PoolFull&) {
            log.emplace_back("PoolFull");
        }
    });
    waiter.join();
    pool.join();

    EXPECT_THAT(log, ElementsAre("PoolFull", "waiter's"));
}

// P-161
GREENLET_TEST_LEAVING_GREENLETS(Pool, OfOneIsStuckWhenItsMemberSpawns) {
    auto pool = std::make_shared<Pool>(1);
    pool->spawn([pool] { pool->spawn([] {}); });
    EXPECT_THROW(pool->join(), LoopExit);
}

// P-162
GREENLET_TEST(Pool, RunsADiscardedMemberBesideTheNext) {
    Pool pool{1};
    int running = 0;
    auto discarded = pool.spawn([&] {
        ++running;
        sleep(1ms);
    });
    pool.discard(discarded);
    pool.spawn([&] {
        ++running;
        sleep(1ms);
    });
    sleep();

    EXPECT_EQ(running, 2);
    discarded.join();
    pool.join();
}

// P-100, P-156
GREENLET_TEST(PoolLink, IsCalledOnceWhenItMayTakeASlot) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(); });
    int calls = 0;
    Greenlet<void> taken;
    pool.rawlink([&] {
        ++calls;
        EXPECT_FALSE(pool.full());
        taken = pool.try_spawn([] { sleep(); });
        EXPECT_TRUE(pool.full());
    });
    const LinkId unlinked = pool.rawlink([&] { calls += 100; });
    pool.unlink(unlinked);
    member.join();
    sleep();

    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(taken.valid());
    taken.join();
    sleep();
    EXPECT_EQ(calls, 1);
    pool.rawlink([&] { ++calls; });
    EXPECT_EQ(calls, 1);
    sleep();
    EXPECT_EQ(calls, 2);
}

// P-100
GREENLET_TEST(PoolLink, ThatTakesNothingLetsTheNextInLineHaveTheSlot) {
    Pool pool{1};
    auto member = pool.spawn([] { sleep(); });
    std::vector<std::string> log;
    pool.rawlink([&] { log.emplace_back("link"); });
    auto spawner = spawn([&] { pool.spawn([&] { log.emplace_back("spawned"); }); });
    spawner.join();
    pool.join();
    EXPECT_THAT(log, ElementsAre("link", "spawned"));
}

GREENLET_TEST(Pool, TriesToSpawnWithoutTouchingTheFunctionOfWhatDoesNotFit) {
    Pool pool{1};
    auto member = pool.try_spawn([] { sleep(); });
    ASSERT_TRUE(member.valid());
    auto value = std::make_unique<int>(1);
    auto function = [value = std::move(value)] { return *value; };

    EXPECT_FALSE(pool.try_spawn(std::move(function)).valid());
    member.join();
    EXPECT_EQ(pool.try_spawn(std::move(function)).get(), 1);
    pool.join();
}

// P-129
GREENLET_TEST(Pool, TakesAGreenletClass) {
    struct Failing : GreenletClass {
        void run(const AnyGreenlet&, const std::function<void()>& body) const override {
            body();
            throw std::runtime_error{"after the function"};
        }
    };
    const test::QuietHub quiet;
    Pool pool{1, std::make_shared<Failing>()};
    EXPECT_THROW(pool.spawn([] {}).get(), std::runtime_error);
    EXPECT_THROW(pool.map([](int item) { return item; }, std::vector{1}), std::runtime_error);
    EXPECT_EQ(quiet.errors(), 2);
}

// P-140
TEST(PoolDeathTest, AbortsWhenAPoolIsDestroyedUnderItsWaiters) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto pool = std::make_unique<Pool>(0);
            spawn([&] { pool->spawn([] {}); });
            sleep();
            pool.reset();
        },
        "destroyed under its waiters");
}

}  // namespace
}  // namespace grove
