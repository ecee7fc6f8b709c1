#include <grove/pool/group.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"
#include "quiet_hub.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// P-120
FAKE_CLOCK_TEST(Group, LosesItsMembersWhenTheyEnd) {
    Group group;
    group.spawn([] { sleep(1ms); });
    auto slow = group.spawn([] { sleep(8ms); });

    EXPECT_EQ(group.size(), 2U);
    EXPECT_TRUE(group);
    sleep(4ms);
    EXPECT_EQ(group.size(), 1U);
    slow.join();
    EXPECT_EQ(group.size(), 0U);
    EXPECT_FALSE(group);
    EXPECT_TRUE(group.empty());
}

// P-120
GREENLET_TEST(Group, LosesThoseThatFailOrAreKilled) {
    const test::QuietHub quiet;
    Group group;
    auto failing = group.spawn([] { throw 1; });
    auto killed = group.spawn([] { sleep(1h); });
    failing.join();
    EXPECT_FALSE(group.contains(failing));
    EXPECT_TRUE(group.contains(killed));

    killed.kill();

    EXPECT_TRUE(group.empty());
    EXPECT_EQ(quiet.errors(), 1);
}

// P-121
GREENLET_TEST(Group, IsLeftBetweenTheLinksBeforeAndAfterTheAdd) {
    Group group;
    std::vector<bool> seen;
    auto greenlet = make_greenlet([] {});
    greenlet.rawlink([&](const AnyGreenlet& ended) { seen.push_back(group.contains(ended)); });
    group.add(greenlet);
    greenlet.rawlink([&](const AnyGreenlet& ended) { seen.push_back(group.contains(ended)); });
    greenlet.start();

    greenlet.join();

    EXPECT_THAT(seen, ElementsAre(true, false));
    EXPECT_EQ(group.size(), 0U);
}

// P-122
FAKE_CLOCK_TEST(Group, MadeOfGreenletsWaitsForThem) {
    auto sleeper = spawn([] { sleep(5ms); });
    auto dead = spawn([] {});
    dead.join();
    Group group{std::vector<AnyGreenlet>{sleeper, sleeper, dead}};
    EXPECT_EQ(group.size(), 2U);

    group.join();

    EXPECT_TRUE(sleeper.dead());
    EXPECT_THROW(Group(std::vector<AnyGreenlet>{AnyGreenlet{}}), std::invalid_argument);
}

// P-122
GREENLET_TEST(Group, IsMadeOfAnyRangeOfHandles) {
    std::vector<Greenlet<int>> greenlets;
    greenlets.push_back(spawn([] { return 1; }));
    Group group{greenlets};
    EXPECT_EQ(group.size(), 1U);
    group.join();
    static_assert(!std::is_copy_constructible_v<Group> && !std::is_move_constructible_v<Group>);
    static_assert(!std::is_constructible_v<Group, Group&>);
}

// P-123
GREENLET_TEST(Group, TracksGreenletsInAnyState) {
    Group group;
    auto unstarted = make_greenlet([] {});
    group.add(unstarted);
    EXPECT_EQ(group.size(), 1U);
    sleep();
    EXPECT_FALSE(unstarted.started());
    group.discard(unstarted);

    auto finished = spawn([] {});
    finished.join();
    group.add(finished);
    EXPECT_EQ(group.size(), 1U);
    sleep();
    EXPECT_EQ(group.size(), 0U);

    EXPECT_THROW(group.add(AnyGreenlet{}), std::invalid_argument);
    EXPECT_THROW(group.start(AnyGreenlet{}), std::invalid_argument);
}

// P-124
GREENLET_TEST(Group, CountsAMemberOnce) {
    Group group;
    auto greenlet = make_greenlet([] {});
    group.add(greenlet);
    group.add(greenlet);

    EXPECT_EQ(group.size(), 1U);
    EXPECT_EQ(greenlet.link_count(), 1U);
    group.discard(greenlet);
    EXPECT_EQ(greenlet.link_count(), 0U);
}

// P-125
GREENLET_TEST(Group, SharesItsMembersWithOthers) {
    Group a;
    Group b;
    auto both = a.spawn([] { sleep(1ms); });
    auto left = a.spawn([] { sleep(1ms); });
    b.add(both);
    b.add(left);
    a.discard(left);
    EXPECT_FALSE(a.contains(left));
    EXPECT_TRUE(b.contains(left));

    b.join();

    EXPECT_TRUE(a.empty());
    EXPECT_TRUE(b.empty());
}

// P-126
GREENLET_TEST(Group, ForgetsWhomItDiscards) {
    Group group;
    auto greenlet = group.spawn([] { sleep(5ms); });
    auto joiner = spawn([&] { return group.join(); });
    sleep();
    group.discard(greenlet);
    group.discard(greenlet);

    EXPECT_TRUE(joiner.get());
    EXPECT_FALSE(greenlet.dead());
    group.add(greenlet);
    group.join();
}

// P-127
GREENLET_TEST(Group, HasAMemberBeforeItRuns) {
    Group group;
    bool was_member = false;
    auto greenlet = group.spawn(
        SpawnOptions{.name = "named"},
        [&](int value) {
            was_member = group.contains(getcurrent());
            return value;
        },
        7);
    EXPECT_TRUE(group.contains(greenlet));
    EXPECT_EQ(greenlet.name(), "named");

    EXPECT_EQ(greenlet.get(), 7);
    EXPECT_TRUE(was_member);
}

// P-127
GREENLET_TEST(Group, SpawnsThroughTheOverridesOfDerivedGroups) {
    struct Counting : Group {
        using Group::add;
        void add(AnyGreenlet greenlet) override {
            if (++added > 1) throw std::runtime_error{"no more"};
            Group::add(std::move(greenlet));
        }
        int added = 0;
    } group;
    bool ran = false;

    group.spawn([] {});
    EXPECT_THROW(group.spawn([&] { ran = true; }), std::runtime_error);

    group.join();
    sleep();
    EXPECT_EQ(group.added, 2);
    EXPECT_FALSE(ran);
}

// P-128
GREENLET_TEST(Group, IteratesOverTheMembersOfTheStart) {
    Group group;
    for (int i = 0; i < 3; ++i) group.spawn([] { sleep(1ms); });
    int visited = 0;

    for (const AnyGreenlet& member : group) {
        member.join();
        group.spawn([] {});
        ++visited;
    }

    EXPECT_EQ(visited, 3);
    group.join();
}

class CountingClass : public GreenletClass {
public:
    explicit CountingClass(int& runs) : runs_{runs} {}
    void run(const AnyGreenlet& self, const std::function<void()>& body) const override {
        EXPECT_EQ(self, getcurrent());
        ++runs_;
        body();
    }

private:
    int& runs_;
};

// P-129
GREENLET_TEST(GreenletClass, RunsAroundWhatTheGroupItselfMakes) {
    int runs = 0;
    Group group;
    group.set_greenlet_class(std::make_shared<CountingClass>(runs));

    EXPECT_EQ(group.spawn([] { return 1; }).get(), 1);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(group.apply([] { return 2; }), 2);
    EXPECT_EQ(runs, 2);
    EXPECT_THAT(group.map([](int item) { return item; }, std::vector{1, 2}), ElementsAre(1, 2));
    EXPECT_EQ(runs, 4);
    auto results = group.imap([](int item) { return item; }, std::vector{1});
    EXPECT_EQ(results.next(), 1);
    EXPECT_EQ(runs, 5);
    bool called = false;
    group.apply_cb([] { return 3; }, std::tuple{}, [&](int) { called = true; });
    sleep();
    EXPECT_TRUE(called);
    EXPECT_EQ(runs, 6);
    group.map_async([](int item) { return item; }, std::vector{1}).get();
    EXPECT_EQ(runs, 7);
}

// P-129
GREENLET_TEST(GreenletClass, LivesUntilItsGreenletsHaveEnded) {
    int runs = 0;
    std::weak_ptr<const GreenletClass> watched;
    Group group;
    {
        auto greenlet_class = std::make_shared<CountingClass>(runs);
        watched = greenlet_class;
        group.set_greenlet_class(std::move(greenlet_class));
    }
    auto greenlet = group.spawn([] { sleep(1ms); });
    group.set_greenlet_class(nullptr);
    sleep();
    EXPECT_FALSE(watched.expired());

    greenlet.join();

    EXPECT_TRUE(watched.expired());
}

// P-129
GREENLET_TEST(GreenletClass, ThatDoesNotCallTheFunctionEndsTheGreenletAsIfKilled) {
    struct Refusing : GreenletClass {
        void run(const AnyGreenlet&, const std::function<void()>&) const override {}
    };
    Group group;
    group.set_greenlet_class(std::make_shared<Refusing>());

    auto greenlet = group.spawn([] { return 1; });

    EXPECT_THROW(greenlet.get(), Killed);
    EXPECT_TRUE(greenlet.successful());
    EXPECT_THROW(group.apply([] {}), Killed);
    EXPECT_THROW(group.map([](int item) { return item; }, std::vector{1}), Killed);
}

// P-130
GREENLET_TEST(GroupJoin, OfAnEmptyGroupDoesNotSwitch) {
    Group group;
    const auto rounds = get_hub().rounds();
    EXPECT_TRUE(group.join());
    EXPECT_EQ(get_hub().rounds(), rounds);
}

// P-130
GREENLET_TEST(GroupJoin, EndsWhenTheGroupWasEmptyOnce) {
    Group group;
    auto greenlet = group.spawn([] { sleep(1ms); });
    greenlet.rawlink([&](const AnyGreenlet&) { group.spawn([] { sleep(5ms); }); });

    EXPECT_TRUE(group.join());

    EXPECT_EQ(group.size(), 1U);
    EXPECT_FALSE(group.join(0ms));
    EXPECT_FALSE(group.join(-1s));
    EXPECT_FALSE(group.join(1ms));
    EXPECT_TRUE(group.join(1h));
}

// P-131
FAKE_CLOCK_TEST(GroupJoin, RaisesTheErrorOfTheFirstAddedThatFailed) {
    const test::QuietHub quiet;
    Group group;
    group.spawn([] {
        sleep(3ms);
        throw std::runtime_error{"first added"};
    });
    group.spawn([] { throw std::logic_error{"first to fail"}; });
    auto sleeper = group.spawn([] { sleep(1h); });

    try {
        group.join(20ms, true);
        FAIL() << "nothing was raised";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "first added");
    }
    sleeper.kill();
}

// P-131
GREENLET_TEST(GroupJoin, RaisesNothingForTheKilledAndForThoseThatFailedBefore) {
    const test::QuietHub quiet;
    Group group;
    group.spawn([] { throw 1; }).join();
    EXPECT_TRUE(group.join({}, true));

    auto victim = group.spawn([] { sleep(1h); });
    spawn([&] { victim.kill(); });

    EXPECT_TRUE(group.join({}, true));
}

// P-132
GREENLET_TEST(GroupJoin, OfSeveralReturnsInAllThatLive) {
    Group group;
    auto member = group.spawn([] { sleep(3ms); });
    std::vector<Greenlet<bool>> joiners;
    for (int i = 0; i < 3; ++i) joiners.push_back(spawn([&] { return group.join(); }));
    sleep();
    joiners[1].kill();

    EXPECT_TRUE(joiners[0].get());
    EXPECT_TRUE(joiners[2].get());
    EXPECT_EQ(member.link_count(), 0U);
}

// P-140
GREENLET_TEST(Group, KillsNobodyWhenItIsDestroyed) {
    auto group = std::make_unique<Group>();
    auto first = group->spawn([] { sleep(1ms); });
    auto second = group->spawn([] { sleep(1ms); });

    group.reset();

    EXPECT_EQ(first.link_count(), 0U);
    first.join();
    second.join();
    EXPECT_TRUE(first.successful());
}

// P-140
TEST(GroupDeathTest, AbortsWhenAGroupIsDestroyedUnderItsJoiner) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto group = std::make_unique<Group>();
            group->spawn([] { sleep(1h); });
            spawn([&] { group->join(); });
            sleep();
            group.reset();
        },
        "Group was destroyed");
}

// P-001
GREENLET_TEST(Group, RefusesOtherThreads) {
    Group group;
    std::thread{[&] {
        EXPECT_THROW(group.join(), std::logic_error);
        EXPECT_THROW(group.kill(), std::logic_error);
        EXPECT_THROW(group.spawn([] {}), std::logic_error);
    }}.join();
}

// P-139
GREENLET_TEST(Group, AlwaysHasRoom) {
    Group group;
    for (int i = 0; i < 10'000; ++i) group.add(make_greenlet([] {}));
    EXPECT_FALSE(group.full());
    EXPECT_GT(group.wait_available(), 0U);
    EXPECT_EQ(group.size(), 10'000U);
}

}  // namespace
}  // namespace grove
