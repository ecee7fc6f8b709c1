#include <grove/pool/group.h>

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>
#include <grove/pool/group_scope.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Clock = std::chrono::steady_clock;

Duration since(Clock::time_point start) { return Clock::now() - start; }

// A member that counts what is thrown into it, and ends only when it is told to.
struct Undying {
    explicit Undying(Group& group) {
        greenlet = group.spawn([this] {
            while (!let_go.is_set()) {
                try {
                    let_go.wait();
                } catch (...) {
                    ++shots;
                }
            }
        });
        sleep();
    }
    ~Undying() {
        let_go.set();
        greenlet.join();
    }
    Event let_go;
    int shots = 0;
    Greenlet<void> greenlet;
};

// P-133
GREENLET_TEST(GroupKill, EndsAllMembersAndThoseTheirCleanupsAdd) {
    Group group;
    std::string late_saw;
    group.spawn([&] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            group.spawn([&] {
                try {
                    sleep(1h);
                } catch (const GreenletExit&) {
                    late_saw = "GreenletExit";
                    throw;
                }
            });
            throw;
        }
    });
    sleep();

    group.kill();

    EXPECT_EQ(group.size(), 0U);
    EXPECT_EQ(late_saw, "GreenletExit");
}

// P-133
GREENLET_TEST(GroupKill, EndsThoseThatNeverRanWithoutRunningThem) {
    Group group;
    bool ran = false;
    auto scheduled = group.spawn([&] { ran = true; });
    auto unstarted = make_greenlet([&] { ran = true; });
    group.add(unstarted);

    group.kill();

    EXPECT_TRUE(scheduled.dead());
    EXPECT_TRUE(unstarted.dead());
    EXPECT_FALSE(ran);
    EXPECT_TRUE(group.empty());
}

// P-133
GREENLET_TEST(GroupKill, ReturnsAtOnceIfNotBlocking) {
    Group group;
    auto member = group.spawn([] { sleep(1h); });
    sleep();

    group.kill(GreenletExit{}, false);

    EXPECT_TRUE(group.contains(member));
    EXPECT_TRUE(group.join());
}

// P-133, a member with a link of its user's leaves a hub round after it died
GREENLET_TEST(GroupKill, WaitsForMembersThatAreDeadButNotToldYet) {
    Group group;
    bool linked = false;
    auto member = group.spawn([] {});
    member.rawlink([&](const AnyGreenlet&) { linked = true; });

    group.kill();

    EXPECT_TRUE(linked);
    EXPECT_TRUE(group.empty());
}

// P-134
GREENLET_TEST(GroupKill, ReturnsSilentlyWhenItsTimeIsOver) {
    Group group;
    Undying undying{group};
    const auto start = Clock::now();

    group.kill(GreenletExit{}, true, 10ms);

    EXPECT_GE(since(start), 10ms);
    EXPECT_EQ(group.size(), 1U);
}

// P-134
GREENLET_TEST(GroupKill, ReturnsInTimeThoughMembersSpawnSuccessorsForEver) {
    Group group;
    bool stop = false;
    std::function<void()> phoenix = [&] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            if (!stop) group.spawn(phoenix);
            throw;
        }
    };
    group.spawn(phoenix);
    sleep();
    const auto start = Clock::now();

    group.kill({}, true, 10ms);

    EXPECT_GE(since(start), 10ms);
    EXPECT_GE(group.size(), 1U);
    stop = true;
    group.kill();
}

// P-134
GREENLET_TEST(GroupKill, WithoutTimeDeliversInOneRound) {
    Group group;
    auto sleeper = group.spawn([] { sleep(1h); });
    sleep();

    group.kill({}, true, 0ms);

    EXPECT_TRUE(sleeper.dead());
}

// P-134
GREENLET_TEST(GroupKill, LetsATimeoutOfItsCallerPass) {
    Group group;
    Undying undying{group};
    const TimeoutGuard guard{2ms};
    EXPECT_THROW(group.kill(), Timeout);
}

// P-135
GREENLET_TEST(GroupKill, ShootsAMemberOnce) {
    Group group;
    Undying undying{group};
    group.killone(undying.greenlet, GreenletExit{}, false);
    for (int i = 0; i < 3; ++i) group.kill(std::runtime_error{"again"}, false);
    sleep();
    sleep();
    EXPECT_EQ(undying.shots, 1);

    undying.greenlet.kill(GreenletExit{}, false);
    sleep();
    sleep();
    EXPECT_EQ(undying.shots, 2);

    group.discard(undying.greenlet);
    group.add(undying.greenlet);
    group.kill({}, false);
    sleep();
    sleep();
    EXPECT_EQ(undying.shots, 3);
}

// P-136
GREENLET_TEST(GroupKill, CalledByAMemberEndsTheMemberToo) {
    Group group;
    std::vector<std::string> log;
    auto other = group.spawn([] { sleep(1h); });
    auto caller = group.spawn([&] {
        sleep();
        try {
            group.kill();
            log.emplace_back("returned");
        } catch (const GreenletExit&) {
            log.emplace_back("GreenletExit");
            throw;
        }
    });

    EXPECT_TRUE(group.join());

    EXPECT_THAT(log, ElementsAre("GreenletExit"));
    EXPECT_TRUE(other.dead());
    EXPECT_TRUE(caller.successful());
}

// P-137
GREENLET_TEST(GroupKill, LeavesThoseWhoWaitForASlot) {
    Pool pool{1};
    pool.spawn([] { sleep(1h); });
    bool ran = false;
    auto spawner = spawn([&] { pool.spawn([&] { ran = true; }).join(); });
    sleep();

    pool.kill();

    spawner.join();
    EXPECT_TRUE(ran);
}

// P-137
GREENLET_TEST(GroupKill, StopsTheFeedingOfAMap) {
    Pool pool{2};
    int started = 0;
    auto map = pool.map_async(
        [&](int) {
            ++started;
            sleep(1h);
        },
        std::vector<int>(6));
    sleep(1ms);
    EXPECT_EQ(started, 2);

    pool.kill();

    EXPECT_THROW(map.get(), Killed);
    EXPECT_TRUE(map.successful());
    sleep(1ms);
    EXPECT_EQ(started, 2);
    EXPECT_TRUE(pool.empty());
}

// P-137
GREENLET_TEST(GroupKill, StopsAMapThatHasNotBegun) {
    Pool pool{2};
    int started = 0;
    auto map = pool.map_async([&](int) { ++started; }, std::vector<int>(6));

    pool.kill();

    EXPECT_THROW(map.get(), Killed);
    EXPECT_EQ(started, 0);
}

// P-137
GREENLET_TEST(GroupKill, ThrowsKilledOutOfAMap) {
    Pool pool{2};
    auto caller = spawn([&] {
        try {
            pool.map([](int) { sleep(1h); }, std::vector<int>(6));
        } catch (const Killed&) {
            return true;
        }
        return false;
    });
    sleep(1ms);
    pool.kill();
    EXPECT_TRUE(caller.get());
}

// P-138
GREENLET_TEST(GroupKillone, TouchesMembersOnlyAndWaitsInTime) {
    Group group;
    auto stranger = spawn([] { sleep(5ms); });
    sleep();
    group.killone(stranger);
    EXPECT_FALSE(stranger.dead());

    Undying undying{group};
    const auto start = Clock::now();
    group.killone(undying.greenlet, GreenletExit{}, true, 5ms);
    EXPECT_GE(since(start), 5ms);
    EXPECT_TRUE(group.contains(undying.greenlet));

    auto member = group.spawn([] { sleep(1h); });
    sleep();
    group.killone(member);
    EXPECT_FALSE(group.contains(member));
    stranger.join();
}

GREENLET_TEST(GroupKill, TakesAnExceptionPointerForWhatItPointsAt) {
    test::ignore_reports();
    Group group;
    auto member = group.spawn([] { sleep(1h); });
    sleep();

    group.kill(std::make_exception_ptr(42));

    EXPECT_THROW(member.get(), int);
    EXPECT_THROW(group.kill(std::exception_ptr{}), std::invalid_argument);
    EXPECT_THROW(group.killone(member, std::exception_ptr{}), std::invalid_argument);
}

// P-140
GREENLET_TEST(GroupScope, JoinsItsMembersAtItsEnd) {
    int ended = 0;
    {
        GroupScope scope;
        for (int i = 0; i < 3; ++i) {
            scope.spawn([&] {
                sleep(1ms);
                ++ended;
            });
        }
    }
    EXPECT_EQ(ended, 3);
}

// P-140
GREENLET_TEST(GroupScope, KillsAndJoinsWhenItIsLeftByAnException) {
    Greenlet<void> member;
    try {
        GroupScope scope;
        member = scope.spawn([] { sleep(1h); });
        sleep();
        throw std::runtime_error{"out"};
    } catch (const std::runtime_error&) {
    }
    EXPECT_TRUE(member.dead());
}

// P-140
GREENLET_TEST(GroupScope, HoldsAKillBackUntilItsMembersHaveEnded) {
    bool ended = false;
    auto owner = spawn([&] {
        GroupScope scope;
        scope.spawn([&] {
            const Shield shield;
            sleep(3ms);
            ended = true;
        });
        sleep();
    });
    sleep();
    sleep();
    owner.kill();
    EXPECT_TRUE(owner.dead());
    EXPECT_TRUE(ended);
}

// P-004, P-140
GREENLET_TEST(GroupScope, KillsMembersThatNobodyCouldWake) {
    int reported = 0;
    get_hub().set_error_handler([&](const std::string&, std::exception_ptr) { ++reported; });
    Greenlet<void> member;
    Event never;
    {
        GroupScope scope;
        member = scope.spawn([&] { never.wait(); });
    }
    EXPECT_TRUE(member.dead());
    EXPECT_EQ(reported, 1);
}

}  // namespace
}  // namespace grove
