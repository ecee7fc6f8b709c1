#include <grove/core/semaphore.h>

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// P-095
FAKE_CLOCK_TEST(Semaphore, TakesAPermitOrRefusesInTime) {
    EXPECT_THROW(Semaphore{-1}, std::invalid_argument);
    Semaphore none{0};
    const auto began = test::now();
    EXPECT_TRUE(none.locked());
    EXPECT_FALSE(none.available());
    EXPECT_FALSE(none.acquire(false));
    EXPECT_FALSE(none.acquire(false, 5s));
    EXPECT_EQ(test::now(), began);
    EXPECT_FALSE(none.acquire(true, 10ms));
    EXPECT_EQ(test::now() - began, 10ms);
    {
        const TimeoutGuard outer{10ms};
        EXPECT_THROW(none.acquire(true, 1s), Timeout);
    }
    EXPECT_EQ(none.waiting(), 0U);
    none.release();
    EXPECT_TRUE(none.available());
    EXPECT_TRUE(none.acquire(true, -1s));
}

// P-096
FAKE_CLOCK_TEST(Semaphore, ServesItsWaitersInOrder) {
    Semaphore semaphore{0};
    std::vector<int> order;
    std::vector<Greenlet<void>> greenlets;
    for (int i = 0; i < 5; ++i) {
        greenlets.push_back(spawn([&, i] {
            semaphore.acquire();
            order.push_back(i);
        }));
    }
    sleep();
    for (int i = 0; i < 5; ++i) semaphore.release();
    joinall(greenlets);

    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

// P-097
FAKE_CLOCK_TEST(Semaphore, LetsNobodyOvertakeAWaiter) {
    Semaphore semaphore{1};
    std::vector<std::string> log;
    auto hog = spawn([&] {
        for (int i = 0; i < 5; ++i) {
            semaphore.acquire();
            log.emplace_back("hog");
            sleep();
            semaphore.release();
            EXPECT_TRUE(i != 0 || !semaphore.acquire(false));
            EXPECT_TRUE(i != 0 || semaphore.counter() == 0);
        }
    });
    auto waiter = spawn([&] {
        semaphore.acquire();
        log.emplace_back("waiter");
        semaphore.release();
    });
    joinall({hog, waiter});
    EXPECT_EQ(log[0], "hog");
    EXPECT_EQ(log[1], "waiter");
    EXPECT_EQ(semaphore.counter(), 1);
}

// P-098
FAKE_CLOCK_TEST(Semaphore, GoesToTheNextIfTheOldestWasKilledFirst) {
    Semaphore semaphore{0};
    std::vector<std::string> log;
    auto make = [&](const char* name) {
        return spawn([&log, &semaphore, name] {
            const SemaphorePermit permit{semaphore};
            log.emplace_back(name);
            sleep(1ms);
        });
    };
    auto first = make("first");
    auto second = make("second");
    sleep();
    first.kill({}, false);
    semaphore.release();
    joinall({first, second});
    EXPECT_THAT(log, ElementsAre("second"));
    EXPECT_EQ(semaphore.counter(), 1);
}

// P-098
FAKE_CLOCK_TEST(Semaphore, BelongsToAWaiterThatWasKilledAfterTheRelease) {
    Semaphore semaphore{0};
    std::vector<std::string> log;
    auto make = [&](const char* name) {
        return spawn([&log, &semaphore, name] {
            const SemaphorePermit permit{semaphore};
            log.emplace_back(name);
            sleep(1ms);
            log.emplace_back("went on");
        });
    };
    auto first = make("first");
    auto second = make("second");
    sleep();
    semaphore.release();
    first.kill({}, false);
    joinall({first, second});
    EXPECT_THAT(log, ElementsAre("first", "second", "went on"));
    EXPECT_EQ(semaphore.counter(), 1);
}

// P-098
FAKE_CLOCK_TEST(Semaphore, ConservesPermitsOverRandomKillsAndTimeouts) {
    std::mt19937 random{42};
    auto chance = [&](int one_in) { return std::uniform_int_distribution{1, one_in}(random) == 1; };
    for (int run = 0; run < 1000; ++run) {
        Semaphore semaphore{0};
        std::vector<Greenlet<bool>> waiters;
        for (int i = 0; i < 10; ++i) {
            const Timespan timeout =
                chance(2) ? Timespan{std::chrono::milliseconds{i % 3}} : std::nullopt;
            waiters.push_back(
                spawn([&semaphore, timeout] { return semaphore.acquire(true, timeout); }));
        }
        sleep();
        int released = 0;
        for (int step = 0; step < 20; ++step) {
            if (chance(2)) semaphore.release(), ++released;
            if (chance(3)) waiters[static_cast<std::size_t>(step) / 2].kill({}, false);
            if (chance(5)) sleep();
            if (chance(10)) sleep(1ms);
        }
        killall(waiters);
        int taken = 0;
        for (const auto& waiter : waiters) taken += waiter.value() != nullptr && *waiter.value();
        ASSERT_EQ(taken + semaphore.counter(), released) << "run " << run;
        ASSERT_EQ(semaphore.waiting(), 0U);
    }
}

// P-099
FAKE_CLOCK_TEST(Semaphore, IsWaitedForWithoutBeingTaken) {
    Semaphore three{3};
    EXPECT_EQ(three.wait(), 3);
    Semaphore none{0};
    EXPECT_EQ(none.wait(10ms), 0);

    std::vector<int> seen;
    std::vector<Greenlet<void>> lookers;
    for (int i = 0; i < 3; ++i) lookers.push_back(spawn([&] { seen.push_back(none.wait()); }));
    sleep();
    none.release();
    joinall(lookers);
    EXPECT_THAT(seen, ElementsAre(1, 1, 1));

    Semaphore line{0};
    auto acquirer = spawn([&] { line.acquire(); });
    sleep();
    auto looker = spawn([&] { return line.wait(10ms); });
    sleep();
    line.release();
    EXPECT_EQ(looker.get(), 0);
    EXPECT_TRUE(acquirer.dead());
}

// P-100
FAKE_CLOCK_TEST(Semaphore, CallsALinkOnceWhenItIsAvailable) {
    Semaphore semaphore{1};
    int called = 0;
    semaphore.rawlink([&] { ++called; });
    EXPECT_EQ(called, 0);
    sleep();
    EXPECT_EQ(called, 1);
    semaphore.acquire();
    semaphore.release();
    sleep();
    EXPECT_EQ(called, 1);

    semaphore.acquire();
    const LinkId removed = semaphore.rawlink([&] { ++called; });
    semaphore.unlink(removed);
    semaphore.release();
    sleep();
    EXPECT_EQ(called, 1);
}

// P-100
FAKE_CLOCK_TEST(Semaphore, GivesAnAcquirerWhatALinkAheadOfItLeaves) {
    for (const bool link_takes : {true, false}) {
        Semaphore semaphore{0};
        bool during = false;
        semaphore.rawlink([&] {
            EXPECT_TRUE(semaphore.available());
            EXPECT_EQ(semaphore.counter(), 1);
            during = link_takes ? semaphore.acquire(false) : true;
        });
        auto acquirer = spawn([&] { return semaphore.acquire(true, 10ms); });
        sleep();
        semaphore.release();
        EXPECT_FALSE(semaphore.acquire(false)) << "the line is not empty";
        EXPECT_FALSE(semaphore.available());
        EXPECT_EQ(acquirer.get(), !link_takes);
        EXPECT_TRUE(during);
    }
}

// P-100
FAKE_CLOCK_TEST(Semaphore, KeepsALinkWhosePermitWasTakenByOneAhead) {
    Semaphore semaphore{0};
    auto acquirer = spawn([&] { semaphore.acquire(); });
    sleep();
    int called = 0;
    semaphore.rawlink([&] { ++called; });
    semaphore.release();
    acquirer.join();
    sleep();
    EXPECT_EQ(called, 0);
    semaphore.release();
    sleep();
    EXPECT_EQ(called, 1);
}

// P-101
FAKE_CLOCK_TEST(BoundedSemaphore, RefusesOneReleaseTooMany) {
    BoundedSemaphore semaphore{1};
    EXPECT_THROW(semaphore.release(), std::logic_error);
    EXPECT_EQ(semaphore.counter(), 1);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_NO_THROW(semaphore.release());
}

// P-102
FAKE_CLOCK_TEST(DummySemaphore, NeverRefuses) {
    DummySemaphore semaphore;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(semaphore.acquire());
    EXPECT_EQ(semaphore.wait(), 1);
    bool called = false;
    semaphore.unlink(semaphore.rawlink([&] { called = true; }));
    semaphore.release();
    sleep();
    EXPECT_FALSE(called);
}

// P-094
GREENLET_TEST(Semaphore, BelongsToItsThread) {
    Semaphore semaphore{1};
    std::thread{[&] {
        EXPECT_THROW(semaphore.acquire(), std::logic_error);
        EXPECT_THROW(semaphore.release(), std::logic_error);
    }}.join();
    EXPECT_EQ(semaphore.counter(), 1);
}

// P-222
FAKE_CLOCK_TEST(Semaphore, MayBeDestroyedByTheWoken) {
    auto semaphore = std::make_unique<Semaphore>(0);
    auto waiter = spawn([&] { return semaphore->acquire(); });
    sleep();
    semaphore->release();
    semaphore.reset();
    EXPECT_TRUE(waiter.get());
}

// P-222
FAKE_CLOCK_TEST(Semaphore, MayBeDestroyedByItsLink) {
    auto semaphore = std::make_unique<Semaphore>(0);
    semaphore->rawlink([&] { semaphore.reset(); });
    semaphore->rawlink([] { ADD_FAILURE() << "it went with the semaphore"; });
    semaphore->release();
    sleep(1ms);
    EXPECT_EQ(semaphore, nullptr);
}

// P-001
TEST(SemaphoreDeathTest, IsNotDestroyedUnderItsWaiters) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto semaphore = std::make_unique<Semaphore>(0);
            auto waiter = spawn([&semaphore] { semaphore->acquire(); });
            sleep();
            semaphore.reset();
        },
        "destroyed under its waiters");
}

}  // namespace
}  // namespace grove
