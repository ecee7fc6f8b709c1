#include <grove/core/greenlet.h>

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/semaphore.h>
#include <grove/core/timeout.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// P-002
GREENLET_TEST(Hub, RunsWhatIsReadyFirstInFirstOut) {
    std::vector<std::string> log;
    for (const char* name : {"a", "b", "c"}) {
        spawn([&log, name] {
            log.emplace_back(name);
            spawn([&log, name] { log.push_back(std::string{name} + "'s child"); });
        });
    }

    sleep();

    EXPECT_THAT(log, ElementsAre("a", "b", "c"));
    sleep();
    EXPECT_EQ(log.size(), 6U);
}

// P-014
GREENLET_TEST(Greenlet, TakesAndReturnsMoveOnlyValues) {
    auto greenlet = spawn([](std::unique_ptr<int> in) { return std::make_unique<int>(*in + 1); },
                          std::make_unique<int>(41));

    EXPECT_EQ(*greenlet.get(), 42);
    EXPECT_EQ(*std::move(greenlet).get(), 42);
    EXPECT_THROW(greenlet.get(), std::logic_error);
}

// P-032
GREENLET_TEST(Greenlet, IsKilledInItsBlockingCall) {
    std::vector<std::string> log;
    auto victim = spawn([&] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            log.emplace_back("killed");
            throw;
        }
    });
    sleep();

    victim.kill();

    EXPECT_THAT(log, ElementsAre("killed"));
    EXPECT_TRUE(victim.dead());
    EXPECT_TRUE(victim.successful());
    EXPECT_THROW(victim.get(), Killed);
}

// P-070
GREENLET_TEST(TimeoutGuard, ThrowsOutOfTheBlockingCall) {
    TimeoutGuard guard{5ms};
    try {
        sleep(1h);
        FAIL() << "no timeout";
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(guard.threw(timeout));
    }
}

// P-096
GREENLET_TEST(Semaphore, ServesItsWaitersInOrder) {
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
    for (auto& greenlet : greenlets) greenlet.join();

    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

// P-004
GREENLET_TEST(Hub, ThrowsLoopExitWhenNothingCouldWakeMain) {
    Event never;
    EXPECT_THROW(never.wait(), LoopExit);

    EXPECT_EQ(spawn([] { return 7; }).get(), 7);
}

// P-008
GREENLET_TEST_LEAVING_GREENLETS(Hub, UnwindsLivingGreenletsWhenItsThreadEnds) {
    static int alive;
    alive = 0;
    struct Counted {
        Counted() { ++alive; }
        ~Counted() { --alive; }
    };
    struct Check {
        ~Check() { EXPECT_EQ(alive, 0); }
    };
    for (int i = 0; i < 3; ++i) {
        spawn([] {
            const Counted counted;
            sleep(1h);
        });
    }
    sleep();
    EXPECT_EQ(alive, 3);
}

}  // namespace
}  // namespace grove
