// Kills: what an exception thrown into another greenlet does, and when (P-021 to P-046).
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/semaphore.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct KeyError {};

// A greenlet that notes each exception it is killed with and sleeps on, until it has noted `count`.
auto spawn_stubborn(std::vector<std::string>& log, int count) {
    return spawn([&log, count] {
        for (int i = 0; i < count; ++i) {
            try {
                sleep(1h);
            } catch (const GreenletExit&) {
                log.emplace_back("GreenletExit");
            } catch (const std::exception& error) {
                log.emplace_back(error.what());
            }
        }
        log.emplace_back("normal");
    });
}

// P-021
FAKE_CLOCK_TEST(Kill, EndsAGreenletSuccessfullyWithoutAValue) {
    auto victim = spawn([] {
        sleep(1h);
        return 1;
    });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());
    EXPECT_EQ(victim.exception(), nullptr);
    EXPECT_EQ(victim.value(), nullptr);
    EXPECT_THROW(victim.get(), Killed);

    struct Retired : GreenletExit {};
    auto retires = spawn([] { throw Retired{}; });
    EXPECT_THROW(retires.get(), Killed);
    EXPECT_TRUE(retires.successful());
}

// P-022
FAKE_CLOCK_TEST(Kill, IsNoStandardException) {
    int caught = 0;
    auto victim = spawn([&] {
        for (;;) {
            try {
                sleep(1h);
            } catch (const std::exception&) {
                ++caught;
            }
        }
    });
    sleep();
    victim.kill();
    EXPECT_EQ(caught, 0);
    EXPECT_TRUE(victim.dead());
}

// P-030
FAKE_CLOCK_TEST(Kill, OfOneThatNeverRanEndsItAtOnce) {
    for (const bool started : {false, true}) {
        bool ran = false;
        int links = 0;
        auto victim = make_greenlet([&] { ran = true; });
        victim.rawlink([&](const AnyGreenlet&) { ++links; });
        if (started) victim.start();

        victim.kill();

        EXPECT_TRUE(victim.dead());
        EXPECT_EQ(links, 0) << "links run later, in the hub";
        victim.start();
        sleep(1ms);
        EXPECT_FALSE(ran);
        EXPECT_EQ(links, 1);
    }
}

// P-030
FAKE_CLOCK_TEST(Kill, DisarmsADelayedStart) {
    bool ran = false;
    auto victim = spawn_later(10ms, [&] { ran = true; });
    victim.kill();
    EXPECT_TRUE(victim.dead());
    sleep(20ms);
    EXPECT_FALSE(ran);
}

// P-031
FAKE_CLOCK_TEST(Kill, BeforeTheStartWithAnotherExceptionFails) {
    int reports = 0;
    get_hub().set_error_handler([&](const std::string&, std::exception_ptr) { ++reports; });
    bool ran = false;
    auto victim = make_greenlet([&] { ran = true; });
    victim.kill(std::runtime_error{"x"});
    victim.start();
    EXPECT_TRUE(victim.dead());
    EXPECT_NE(victim.exception(), nullptr);
    EXPECT_THROW(victim.get(), std::runtime_error);
    EXPECT_EQ(reports, 1);
    EXPECT_FALSE(ran);
}

// P-032
FAKE_CLOCK_TEST(Kill, WaitsForTheCleanupOfItsVictim) {
    const auto began = test::now();
    auto victim = spawn([] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            sleep(50ms);
            throw;
        }
    });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.dead());
    EXPECT_EQ(test::now() - began, 50ms);
}

// P-033
FAKE_CLOCK_TEST(Kill, WithoutBlockingIsDeliveredFromTheReadyList) {
    std::vector<std::string> log;
    auto victim = spawn_stubborn(log, 1);
    sleep();
    victim.kill(GreenletExit{}, false);
    EXPECT_TRUE(log.empty());
    sleep();
    EXPECT_THAT(log, ElementsAre("GreenletExit", "normal"));
}

// P-034
FAKE_CLOCK_TEST(Kill, GivesUpWaitingAtItsTimeout) {
    std::vector<std::string> log;
    auto victim = spawn_stubborn(log, 3);
    sleep();
    const auto began = test::now();
    victim.kill({}, true, 50ms);
    EXPECT_EQ(test::now() - began, 50ms);
    EXPECT_FALSE(victim.dead());
    {
        const TimeoutGuard guard{10ms};
        EXPECT_THROW(victim.kill(), Timeout);
    }
    victim.kill();
    EXPECT_TRUE(victim.dead());
}

// P-035
FAKE_CLOCK_TEST(Kill, OfADeadGreenletChangesNothing) {
    auto done = spawn([] { return 5; });
    done.join();
    const auto rounds = get_hub().rounds();
    done.kill(std::runtime_error{"late"});
    EXPECT_EQ(*done.value(), 5);
    EXPECT_TRUE(done.successful());
    EXPECT_EQ(get_hub().rounds(), rounds);
}

// P-036
FAKE_CLOCK_TEST(Kill, MayBeCaught) {
    auto victim = spawn([] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
        }
        sleep(5ms);
        return 7;
    });
    sleep();
    victim.kill();
    EXPECT_EQ(victim.get(false), 7);
    EXPECT_TRUE(victim.successful());
}

// P-037
FAKE_CLOCK_TEST(Kill, IsReplacedByWhatTheCleanupThrows) {
    test::ignore_reports();
    auto victim = spawn([] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            throw KeyError{};
        }
    });
    sleep();
    victim.kill();
    EXPECT_FALSE(victim.successful());
    EXPECT_THROW(victim.get(), KeyError);
}

// P-038
FAKE_CLOCK_TEST(Kill, IsDeliveredAsOftenAsItIsSent) {
    std::vector<std::string> log;
    auto victim = spawn_stubborn(log, 2);
    sleep();
    victim.kill(std::invalid_argument{"first"}, false);
    victim.kill(std::out_of_range{"second"}, false);
    victim.join();
    EXPECT_THAT(log, ElementsAre("first", "second", "normal"));
}

// P-038
FAKE_CLOCK_TEST(Kill, InterruptsTheBlockingCleanupOfAnEarlierOne) {
    bool cleaned = false;
    auto victim = spawn([&] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            sleep(1h);
            cleaned = true;
        }
    });
    sleep();
    victim.kill({}, true, 10ms);
    EXPECT_FALSE(victim.dead());
    victim.kill();
    EXPECT_FALSE(cleaned);
}

// P-039
FAKE_CLOCK_TEST(Kill, ComesAfterAWakeThatWasEarlier) {
    Event event;
    std::vector<std::string> log;
    auto make = [&] {
        return spawn([&] {
            try {
                log.emplace_back(event.wait() ? "woken" : "late");
                sleep(1h);
            } catch (const GreenletExit&) {
                log.emplace_back("killed");
            }
        });
    };
    auto woken_first = make();
    sleep();
    event.set();
    woken_first.kill({}, false);
    event.clear();
    sleep();
    sleep();
    EXPECT_THAT(log, ElementsAre("woken", "killed"));

    log.clear();
    auto killed_first = make();
    sleep();
    killed_first.kill({}, false);
    event.set();
    sleep();
    EXPECT_THAT(log, ElementsAre("killed"));
}

// P-039
FAKE_CLOCK_TEST(Kill, IsVoidIfItsTargetEndsBefore) {
    Event event;
    auto victim = spawn([&] {
        event.wait();
        return 1;
    });
    sleep();
    event.set();
    victim.kill({}, false);
    EXPECT_EQ(victim.get(), 1);
}

// P-040
FAKE_CLOCK_TEST(Kill, OfOneselfIsThrownInThatCall) {
    auto caught = spawn([] {
        try {
            getcurrent().kill();
        } catch (const GreenletExit&) {
            return "caught";
        }
        return "went on";
    });
    EXPECT_STREQ(caught.get(), "caught");

    std::vector<std::string> log;
    auto later = spawn([&] {
        getcurrent().kill({}, false);
        log.emplace_back("went on");
        sleep();
        log.emplace_back("not reached");
    });
    later.join();
    EXPECT_THAT(log, ElementsAre("went on"));
}

// P-041
FAKE_CLOCK_TEST(Kill, OfAYieldingGreenletComesAtItsNextBlockingCall) {
    std::vector<std::string> log;
    auto victim = spawn([&] {
        sleep();
        log.emplace_back("after sleep(0)");
        sleep();
        log.emplace_back("not reached");
    });
    sleep();
    victim.kill();
    EXPECT_THAT(log, ElementsAre("after sleep(0)"));
}

// P-042
FAKE_CLOCK_TEST(Kill, OfTheKillerLeavesTheVictimDying) {
    auto victim = spawn([] {
        try {
            sleep(1h);
        } catch (const GreenletExit&) {
            sleep(50ms);
        }
    });
    auto killer = spawn([&] { victim.kill(); });
    sleep();
    sleep();
    killer.kill();
    EXPECT_TRUE(killer.dead());
    EXPECT_FALSE(victim.dead());
    EXPECT_TRUE(victim.join(51ms));
}

// P-042
FAKE_CLOCK_TEST(Kill, OfEachOtherEndsBoth) {
    Greenlet<void> a;
    Greenlet<void> b;
    a = spawn([&] {
        sleep(10ms);
        b.kill();
        sleep(1h);
    });
    b = spawn([&] {
        sleep(10ms);
        a.kill();
        sleep(1h);
    });
    EXPECT_TRUE(a.join(1s));
    EXPECT_TRUE(b.join(1s));
    EXPECT_TRUE(a.successful());
    EXPECT_TRUE(b.successful());
}

// P-043
FAKE_CLOCK_TEST(Kill, IsHeldBackByAShield) {
    bool completed = false;
    struct SleepsInItsDestructor {
        bool& done;
        ~SleepsInItsDestructor() {
            const Shield shield;
            sleep(20ms);
            done = true;
        }
    };
    auto victim = spawn([&] {
        { const SleepsInItsDestructor object{completed}; }
        sleep();
        ADD_FAILURE() << "the kill was lost";
    });
    sleep(5ms);
    victim.kill();
    EXPECT_TRUE(completed);
    EXPECT_TRUE(victim.successful());
}

// P-043
FAKE_CLOCK_TEST(Kill, IsHeldBackWhileAnotherUnwinds) {
    struct SleepsWhileUnwinding {
        ~SleepsWhileUnwinding() {
            sleep(20ms);
            EXPECT_EQ(std::uncaught_exceptions(), 1);
        }
    };
    auto victim = spawn([] {
        const SleepsWhileUnwinding object;
        sleep(1h);
    });
    sleep();
    victim.kill({}, false);
    sleep(5ms);
    victim.kill();
    EXPECT_TRUE(victim.dead());
    EXPECT_TRUE(victim.successful());
}

// P-043
FAKE_CLOCK_TEST(Kill, ThatWasHeldBackComesAtTheFirstCallThatMayThrow) {
    std::vector<std::string> log;
    auto victim = spawn([&] {
        try {
            {
                const Shield outer;
                {
                    const Shield inner;
                    sleep();
                }
                log.emplace_back("one shield is left");
                sleep();
            }
            log.emplace_back("the end of a shield does not throw");
            sleep();
        } catch (const GreenletExit&) {
            log.emplace_back("killed");
        }
    });
    sleep();
    victim.kill();
    EXPECT_THAT(log,
                ElementsAre("one shield is left", "the end of a shield does not throw", "killed"));
}

// P-045: what it is thrown with goes with its handler, not in the middle of a later wait.
FAKE_CLOCK_TEST(Kill, LetsGoOfItsExceptionWithTheHandler) {
    struct Permit {
        std::shared_ptr<Semaphore> released_at_the_end;
    };
    Semaphore semaphore{0};
    const AnyGreenlet taker = spawn([&semaphore] {
        EXPECT_THROW(sleep(1h), Permit);
        EXPECT_TRUE(semaphore.acquire(true, 1s));
    });
    sleep();
    taker.kill(Permit{{&semaphore, [](Semaphore* held) { held->release(); }}}, false);
    taker.join();
}

// P-045
FAKE_CLOCK_TEST(Kill, ComesBeforeWhatCameWhileItWasOnItsWay) {
    std::vector<int> thrown;
    const AnyGreenlet greenlet = spawn([&] {
        for (int i = 0; i < 3; ++i) {
            try {
                sleep(1h);
            } catch (int which) {
                thrown.push_back(which);
            }
        }
    });
    sleep();
    for (const int which : {1, 2, 3}) greenlet.kill(which, false);
    greenlet.join();
    EXPECT_THAT(thrown, ElementsAre(1, 2, 3));
}

// P-044
TEST(KillDeathTest, NamesTheGreenletThatCouldNotBeUnwound) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto victim = spawn({.name = "noexcept one"}, []() noexcept { sleep(1h); });
            sleep();
            victim.kill();
        },
        "noexcept one.*GreenletExit");
}

// P-045
FAKE_CLOCK_TEST(Kill, ThrowsWhateverCanBeCopied) {
    int reports = 0;
    get_hub().set_error_handler([&](const std::string&, std::exception_ptr) { ++reports; });
    auto victim = spawn([] { sleep(1h); });
    sleep();
    victim.kill(42);
    EXPECT_FALSE(victim.successful());
    EXPECT_THROW(victim.get(), int);
    EXPECT_EQ(reports, 1);

    auto other = spawn([] { sleep(1h); });
    sleep();
    other.kill(std::make_exception_ptr(KeyError{}));
    EXPECT_THROW(other.get(), KeyError);
    EXPECT_THROW(other.kill(std::exception_ptr{}), std::invalid_argument);
}

}  // namespace
}  // namespace grove
