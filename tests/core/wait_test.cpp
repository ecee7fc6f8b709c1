#include <grove/core/wait.h>

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

auto spawn_sleeper(Duration duration) {
    return spawn([duration] { sleep(duration); });
}
auto spawn_failing(Duration duration, std::string text) {
    return spawn([duration, text] {
        sleep(duration);
        throw std::runtime_error{text};
    });
}

// P-060
FAKE_CLOCK_TEST(Joinall, WaitsForAllOrUntilItsTimeout) {
    const auto began = test::now();
    auto slow = spawn_sleeper(30ms);
    auto quick = spawn_sleeper(10ms);
    joinall({slow, quick, slow});
    EXPECT_EQ(test::now() - began, 30ms);

    auto slower = spawn_sleeper(30ms);
    auto never_started = make_greenlet([] {});
    joinall({slower, never_started}, 10ms);
    EXPECT_EQ(test::now() - began, 40ms);
    EXPECT_FALSE(slower.dead());
    joinall(std::vector<AnyGreenlet>{});
    joinall(std::vector<Greenlet<void>>{slower});
    EXPECT_TRUE(slower.dead());
}

// P-060
FAKE_CLOCK_TEST(Joinall, ThrowsTheFirstFailureInTimeAtOnce) {
    test::ignore_reports();
    const auto began = test::now();
    auto killed = spawn_sleeper(1h);
    spawn_later(1ms, [killed] { killed.kill(); });
    auto slow = spawn_sleeper(50ms);
    const std::vector<AnyGreenlet> all{spawn_failing(10ms, "late"), spawn_failing(5ms, "early"),
                                       slow, killed};
    try {
        joinall(all, std::nullopt, true);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "early");
    }
    EXPECT_EQ(test::now() - began, 5ms);
    EXPECT_NO_THROW(joinall({killed}, std::nullopt, true));
    EXPECT_EQ(slow.link_count(), 0U);
    joinall(all);
}

// P-027
FAKE_CLOCK_TEST(Joinall, RefusesItsCaller) {
    EXPECT_THROW(joinall({getcurrent()}), std::logic_error);
    EXPECT_THROW(joinall({AnyGreenlet{}}), std::logic_error);
}

// P-061
FAKE_CLOCK_TEST(Wait, GivesGreenletsInTheOrderTheyEnded) {
    std::vector<AnyGreenlet> all{spawn_sleeper(20ms), spawn_sleeper(30ms), spawn_sleeper(10ms)};
    EXPECT_THAT(wait(all, std::nullopt, 0), IsEmpty());
    EXPECT_THAT(wait(all, std::nullopt, 2), ElementsAre(all[2], all[0]));
    EXPECT_THAT(wait(all, std::nullopt, 9), ElementsAre(all[0], all[2], all[1]))
        << "dead ones first, in list order";
}

// P-061
FAKE_CLOCK_TEST(Wait, GivesWhatIsReadyWhenTheTimeHasPassed) {
    std::vector<AnyGreenlet> all{spawn_sleeper(20ms), spawn_sleeper(1ms), spawn_sleeper(40ms)};
    EXPECT_THAT(wait(all, 0ms), IsEmpty());
    EXPECT_THAT(wait(all, 30ms), ElementsAre(all[1], all[0]));
    all[0] = spawn([] {});
    all[1] = spawn([] {});
    EXPECT_THAT(wait(all, 0ms), ElementsAre(all[0], all[1]));
    wait(all);
}

// P-062
FAKE_CLOCK_TEST(Wait, CountsADuplicateAtEachPlace) {
    auto greenlet = spawn([] {});
    EXPECT_EQ(wait({greenlet, greenlet}).size(), 2U);
}

// P-063
FAKE_CLOCK_TEST(Wait, LeavesNothingOnTheOthers) {
    auto quick = spawn([] {});
    auto slow = spawn_sleeper(10ms);
    wait({quick, slow}, std::nullopt, 1);
    EXPECT_EQ(slow.link_count(), 0U);
    wait({slow}, 1ms);
    EXPECT_EQ(slow.link_count(), 0U);
    auto killed = spawn([&] { wait({slow}); });
    sleep();
    EXPECT_EQ(slow.link_count(), 1U);
    killed.kill();
    EXPECT_EQ(slow.link_count(), 0U);
    EXPECT_THROW(wait({AnyGreenlet{}}), std::logic_error);
    slow.join();
}

// P-065
FAKE_CLOCK_TEST(IWait, YieldsEachAsItComesAndUnlinksTheRest) {
    auto quick = spawn_sleeper(1ms);
    auto slow = spawn_sleeper(10ms);
    {
        auto waiting = iwait({slow, quick});
        for (const AnyGreenlet& ended : waiting) {
            EXPECT_EQ(ended, quick);
            sleep(1ms);  // the body may block
            break;
        }
        EXPECT_EQ(slow.link_count(), 1U);
    }
    EXPECT_EQ(slow.link_count(), 0U);
    const std::set<std::uint64_t> ids{slow.id()};
    for (const AnyGreenlet& ended : iwait(std::vector<Greenlet<void>>{slow}))
        EXPECT_TRUE(ids.contains(ended.id()));
}

// P-046
FAKE_CLOCK_TEST(Killall, EndsAllOrThrowsTimeout) {
    bool ran = false;
    auto fresh = spawn([&] { ran = true; });
    auto dead = spawn([] {});
    dead.join();
    fresh = spawn([&] { ran = true; });
    std::vector<std::string> order;
    auto make = [&](const char* name) {
        return spawn([&order, name] {
            try {
                sleep(1h);
            } catch (const GreenletExit&) {
                order.emplace_back(name);
                throw;
            }
        });
    };
    auto a = make("a");
    auto b = make("b");
    ran = false;
    sleep();
    EXPECT_TRUE(ran);
    ran = false;
    fresh = spawn([&] { ran = true; });
    killall({b, fresh, dead, a, b});
    EXPECT_THAT(order, ElementsAre("b", "a"));
    EXPECT_FALSE(ran);
    EXPECT_TRUE(fresh.dead() && a.dead() && b.dead());
    killall({});

    auto undying = spawn([] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            sleep(100ms);
        }
    });
    auto mortal = make("mortal");
    sleep();
    const auto began = test::now();
    EXPECT_THROW(killall({undying, mortal}, GreenletExit{}, true, 50ms), Timeout);
    EXPECT_EQ(test::now() - began, 50ms);
    EXPECT_TRUE(mortal.dead());
    undying.join();
}

// P-046
FAKE_CLOCK_TEST(Killall, WithoutBlockingReturnsAtOnce) {
    auto victim = spawn_sleeper(1h);
    sleep();
    killall(std::vector<Greenlet<void>>{victim}, GreenletExit{}, false);
    EXPECT_FALSE(victim.dead());
    sleep();
    EXPECT_TRUE(victim.dead());
    EXPECT_THROW(killall({victim}, std::exception_ptr{}), std::invalid_argument);
}

// P-046
FAKE_CLOCK_TEST(Killall, ThrowsIntoItsCallerLast) {
    auto other = spawn_sleeper(1h);
    bool other_was_dead = false;
    auto caller = spawn([&] {
        try {
            killall({getcurrent(), other});
        } catch (const GreenletExit&) {
            other_was_dead = other.dead();
            throw;
        }
        ADD_FAILURE() << "it was spared";
    });
    caller.join();
    EXPECT_TRUE(other_was_dead);
}

}  // namespace
}  // namespace grove
