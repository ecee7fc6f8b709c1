#include <grove/core/hub.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/semaphore.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// P-001
GREENLET_TEST(Hub, RefusesHandlesOfAnotherThread) {
    auto greenlet = spawn([] { sleep(); });
    greenlet.set_name("mine");
    std::string message;

    std::thread{[&] {
        try {
            greenlet.kill();
        } catch (const std::logic_error& error) {
            message = error.what();
        }
        EXPECT_THROW(greenlet.join(), std::logic_error);
        EXPECT_THROW(greenlet.get(), std::logic_error);
    }}.join();

    EXPECT_THAT(message, HasSubstr("mine"));
    EXPECT_FALSE(greenlet.dead());
    greenlet.join();
}

// P-001
GREENLET_TEST(Hub, IsNeverTheCurrentGreenletOfUserCode) {
    std::string in_link;
    auto greenlet = spawn([] { EXPECT_NE(getcurrent().name(), "hub"); });
    greenlet.rawlink([&](const AnyGreenlet&) { in_link = getcurrent().name(); });
    std::string posted;
    get_hub().run_threadsafe([&] { posted = getcurrent().name(); });

    EXPECT_EQ(getcurrent().name(), "main");
    sleep(1ms);

    EXPECT_EQ(in_link, "hub");
    EXPECT_EQ(posted, "hub");
}

// P-001
TEST(Hub, IsMadeOnceAThread) {
    std::thread{[] {
        Hub& hub = get_hub();
        EXPECT_EQ(&hub, &get_hub());
        EXPECT_THROW(make_hub(make_system_loop()), std::logic_error);
    }}.join();
}

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

// P-003
FAKE_CLOCK_TEST(Hub, DoesNotLookAtTimersInASleepOfZero) {
    const TimeoutGuard guard{0ms};
    EXPECT_NO_THROW(sleep());
    EXPECT_THROW(sleep(1ms), Timeout);
}

// P-003
GREENLET_TEST(Hub, ServesTimersWhileAGreenletYieldsInALoop) {
    bool stop = false;
    auto busy = spawn([&] {
        while (!stop) sleep();
    });

    sleep(10ms);

    stop = true;
    busy.join();
}

// P-004
FAKE_CLOCK_TEST(Hub, ThrowsLoopExitWhenNothingCouldWakeMain) {
    Event never;
    EXPECT_THROW(never.wait(), LoopExit);

    EXPECT_EQ(spawn([] { return 7; }).get(), 7);
}

// P-004
FAKE_CLOCK_TEST(Hub, LeavesOtherGreenletsBlockedAtALoopExit) {
    Event go;
    Event never;
    auto blocked = spawn([&] { go.wait(); });
    EXPECT_THROW(never.wait(), LoopExit);
    EXPECT_FALSE(blocked.dead());

    go.set();
    EXPECT_TRUE(blocked.join());
}

// P-004
FAKE_CLOCK_TEST(Hub, StaysWhileATimerIsArmed) {
    Event event;
    spawn_later(1h, [&] { event.set(); });
    EXPECT_TRUE(event.wait());

    const TimeoutGuard guard{2h};
    EXPECT_THROW(Event{}.wait(), Timeout);
}

// P-005
FAKE_CLOCK_TEST(Hub, ReportsABlockingCallInALinkAndGoesOn) {
    std::vector<std::string> log;
    get_hub().set_error_handler([&](const std::string& context, std::exception_ptr error) {
        EXPECT_THROW(std::rethrow_exception(error), BlockingInHub);
        log.push_back(context);
    });
    auto greenlet = spawn([] {});
    greenlet.set_name("reader");
    greenlet.rawlink([](const AnyGreenlet&) { sleep(1ms); });
    greenlet.rawlink([&](const AnyGreenlet&) { log.emplace_back("second"); });

    sleep(1ms);

    EXPECT_THAT(log, ElementsAre(HasSubstr("reader"), "second"));
}

// P-005
FAKE_CLOCK_TEST(Hub, LetsCallsSucceedThatNeedNotBlock) {
    Semaphore permit{1};
    Event set;
    set.set();
    auto done = spawn([] { return 5; });
    int value = 0;
    done.rawlink([&](const AnyGreenlet&) {
        EXPECT_TRUE(permit.acquire());
        EXPECT_TRUE(set.wait());
        EXPECT_TRUE(done.join());
        EXPECT_EQ(permit.acquire(false), false);
        EXPECT_FALSE(Event{}.wait(0ms));
        value = done.get();
    });

    sleep(1ms);

    EXPECT_EQ(value, 5);
}

// P-006
FAKE_CLOCK_TEST(Hub, TellsItsErrorHandlerOnceAndServesTheOtherCallbacks) {
    int reported = 0;
    bool second = false;
    get_hub().set_error_handler([&](const std::string&, std::exception_ptr) {
        ++reported;
        throw std::runtime_error{"a handler that fails itself"};
    });
    auto greenlet = spawn([] {});
    greenlet.rawlink([](const AnyGreenlet&) { throw 1; });
    greenlet.rawlink([&](const AnyGreenlet&) { second = true; });

    sleep(1ms);

    EXPECT_EQ(reported, 1);
    EXPECT_TRUE(second);
}

// P-007
FAKE_CLOCK_TEST(Hub, KeepsTheCaughtExceptionOfEachGreenlet) {
    std::vector<int> seen;
    std::vector<Greenlet<void>> greenlets;
    for (int n : {1, 2, 3}) {
        greenlets.push_back(spawn([&seen, n] {
            try {
                try {
                    throw n;
                } catch (...) {
                    sleep(std::chrono::milliseconds{10 - n});
                    throw;
                }
            } catch (int caught) {
                seen.push_back(caught);
            }
        }));
    }
    for (auto& greenlet : greenlets) greenlet.join();

    EXPECT_THAT(seen, ElementsAre(3, 2, 1));
}

// P-007
FAKE_CLOCK_TEST(Hub, StartsAGreenletWithoutTheUnwindingOfAnother) {
    struct YieldsInItsDestructor {
        ~YieldsInItsDestructor() {
            EXPECT_EQ(std::uncaught_exceptions(), 1);
            sleep();
            EXPECT_EQ(std::uncaught_exceptions(), 1);
        }
    };
    int uncaught = -1;
    auto other = make_greenlet([&] { uncaught = std::uncaught_exceptions(); });
    auto unwinding = spawn([&] {
        try {
            const YieldsInItsDestructor yields;
            other.start();
            throw 1;
        } catch (int) {
        }
    });

    unwinding.join();

    EXPECT_EQ(uncaught, 0);
}

// P-008
GREENLET_TEST_LEAVING_GREENLETS(Hub, UnwindsLivingGreenletsWhenItsThreadEnds) {
    static int alive;
    alive = 0;
    struct Counted {
        Counted() { ++alive; }
        ~Counted() { --alive; }
    };
    for (int i = 0; i < 3; ++i) {
        spawn([] {
            const Counted counted;
            sleep(1h);
        });
    }
    sleep();
    EXPECT_EQ(alive, 3);
    thread_local struct Check {
        ~Check() { EXPECT_EQ(alive, 3) << "unwound too early"; }
        int used = 0;
    } check;  // made after the hub, so destroyed before it
    check.used = 1;
}

// P-008
TEST(Hub, UnwindsNewestFirstAndAgainIfTheExitIsSwallowed) {
    std::vector<std::string> log;
    std::thread{[&] {
        spawn([&] {
            try {
                sleep(1h);
            } catch (const GreenletExit&) {
                log.emplace_back("old");
            }
        });
        spawn([&] {
            for (int i = 0; i < 2; ++i) {
                try {
                    sleep(1h);
                } catch (const GreenletExit&) {
                    log.emplace_back("new");
                }
            }
        });
        sleep();
    }}.join();

    EXPECT_THAT(log, ElementsAre("new", "new", "old"));
}

// P-008
TEST(Hub, AbandonsAndReportsAGreenletThatNeverEnds) {
    std::vector<std::string> reports;
    std::thread{[&] {
        make_hub(std::make_unique<test::FakeClock>());
        get_hub().set_error_handler(
            [&](const std::string& context, std::exception_ptr) { reports.push_back(context); });
        spawn({.name = "undying"}, [] {
            for (;;) {
                try {
                    sleep(1h);
                } catch (const GreenletExit&) {  // wrong, and survived
                }
            }
        });
        sleep();
    }}.join();

    EXPECT_THAT(reports, ElementsAre(HasSubstr("undying")));
}

// P-004
GREENLET_TEST(Hub, RunsWhatOtherThreadsPost) {
    Event posted;
    std::thread other{
        [&hub = get_hub(), &posted] { hub.run_threadsafe([&posted] { posted.set(); }); }};

    EXPECT_TRUE(posted.wait(5s));

    other.join();
}

// P-006
GREENLET_TEST(Hub, ReportsWhatAPostedFunctionThrows) {
    int reported = 0;
    get_hub().set_error_handler([&](const std::string&, std::exception_ptr) { ++reported; });
    bool second = false;
    get_hub().run_threadsafe([] { throw 1; });
    get_hub().run_threadsafe([&] { second = true; });

    sleep(1ms);

    EXPECT_EQ(reported, 1);
    EXPECT_TRUE(second);
}

// P-016
FAKE_CLOCK_TEST(Hub, SpawnsRawGreenletsWithoutAHandle) {
    int reported = 0;
    get_hub().set_error_handler([&](const std::string&, std::exception_ptr) { ++reported; });
    bool valid = false;
    spawn_raw(
        [&](int n) {
            valid = getcurrent().valid() && n == 3;
            throw n;
        },
        3);

    sleep();

    EXPECT_TRUE(valid);
    EXPECT_EQ(reported, 1);
    EXPECT_EQ(spawn([] { return 1; }).get(), 1);
}

}  // namespace
}  // namespace grove
