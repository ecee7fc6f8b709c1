#include <grove/core/rlock.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
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

FAKE_CLOCK_TEST(RLock, IsTakenAgainByItsGreenletAlone) {
    RLock lock;
    EXPECT_FALSE(lock.locked());
    EXPECT_TRUE(lock.acquire());
    EXPECT_TRUE(lock.acquire(false));
    EXPECT_TRUE(lock.acquire(true, 0ms));
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(spawn([&] { return lock.acquire(false); }).get());
    EXPECT_FALSE(spawn([&] { return lock.acquire(true, 10ms); }).get());
    lock.release();
    lock.release();
    EXPECT_FALSE(spawn([&] { return lock.acquire(false); }).get())
        << "taken thrice, released twice";
    lock.release();
    EXPECT_FALSE(lock.locked());
    auto other = spawn([&] {
        EXPECT_TRUE(lock.acquire(false));
        lock.release();
    });
    other.get();
    EXPECT_TRUE(lock.acquire(false));
}

FAKE_CLOCK_TEST(RLock, ServesItsWaitersInOrderAndOvertakesNone) {
    RLock lock;
    std::vector<std::string> log;
    const auto takes = [&](const char* name) {
        return spawn([&log, &lock, name] {
            lock.acquire();
            lock.acquire();
            log.emplace_back(name);
            sleep(1ms);
            lock.release();
            lock.release();
        });
    };
    lock.acquire();
    auto first = takes("first");
    auto second = takes("second");
    sleep();
    lock.acquire();  // its owner does not stand in line
    lock.release();
    lock.release();
    EXPECT_TRUE(lock.locked()) << "it is the first one's, who has yet to run";
    EXPECT_FALSE(lock.acquire(false));
    EXPECT_THROW(lock.release(), std::logic_error);
    lock.acquire();
    log.emplace_back("main");
    lock.release();
    joinall({first, second});
    EXPECT_THAT(log, ElementsAre("first", "second", "main"));
}

FAKE_CLOCK_TEST(RLock, RefusesAReleaseByWhoDoesNotOwnIt) {
    test::ignore_reports();
    RLock lock;
    EXPECT_THROW(lock.release(), std::logic_error);
    lock.acquire();
    auto other = spawn([&] { lock.release(); });
    EXPECT_THROW(other.get(), std::logic_error);
    EXPECT_TRUE(lock.locked());
    lock.release();
    EXPECT_FALSE(lock.locked());
    EXPECT_THROW(lock.release(), std::logic_error);
}

FAKE_CLOCK_TEST(RLock, StaysWithAGreenletThatHasEnded) {
    RLock lock;
    spawn([&] { lock.acquire(); }).get();
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(lock.acquire(true, 10ms));
    EXPECT_THROW(lock.release(), std::logic_error);
}

FAKE_CLOCK_TEST(RLock, TakesNothingInAWaitThatEndsEarly) {
    RLock lock;
    lock.acquire();
    const auto began = test::now();
    auto late = spawn([&] { return lock.acquire(true, 10ms); });
    EXPECT_FALSE(late.get());
    EXPECT_EQ(test::now() - began, 10ms);
    auto victim = spawn([&] { lock.acquire(); });
    auto guarded = spawn([&] {
        const TimeoutGuard guard{1ms};
        EXPECT_THROW(lock.acquire(), Timeout);
    });
    sleep();
    victim.kill();
    guarded.get();
    lock.release();
    EXPECT_FALSE(lock.locked());
}

FAKE_CLOCK_TEST(RLock, BelongsToAWaiterThatWasKilledAfterTheRelease) {
    RLock lock;
    std::vector<std::string> log;
    lock.acquire();
    auto victim = spawn([&] {
        struct Release {
            RLock& of;
            ~Release() { of.release(); }
        };
        lock.acquire();
        const Release release{lock};
        log.emplace_back("owns it");
        sleep(1ms);
        log.emplace_back("went on");
    });
    sleep();
    lock.release();
    victim.kill({}, false);
    EXPECT_TRUE(lock.acquire());
    EXPECT_THAT(log, ElementsAre("owns it"));
}

GREENLET_TEST(RLock, BelongsToItsThreadAndDoesNotBlockTheHub) {
    RLock lock;
    lock.acquire();
    std::thread{[&] {
        EXPECT_THROW(lock.acquire(), std::logic_error);
        EXPECT_THROW(lock.release(), std::logic_error);
    }}.join();
    bool refused = false;
    HubCall call{get_hub(), [&] {
                     EXPECT_FALSE(lock.acquire(false));
                     try {
                         lock.acquire();
                     } catch (const BlockingInHub&) {
                         refused = true;
                     }
                 }};
    call.schedule();
    sleep();
    EXPECT_TRUE(refused);
    lock.release();
}

TEST(RLockDeathTest, IsNotDestroyedUnderItsWaiters) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto lock = std::make_unique<RLock>();
            lock->acquire();
            auto waiter = spawn([&lock] { lock->acquire(); });
            sleep();
            lock.reset();
        },
        "destroyed under its waiters");
}

}  // namespace
}  // namespace grove
