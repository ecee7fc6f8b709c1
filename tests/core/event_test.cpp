#include <grove/core/event.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/async_result.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// P-064
FAKE_CLOCK_TEST(Event, ClearedByTheWokenIsNotReportedToTheirNextWait) {
    Event event;
    auto waiter = spawn([&] {
        EXPECT_TRUE(event.wait());
        event.clear();
        return event.wait(10ms);
    });
    sleep();
    event.set();
    EXPECT_FALSE(waiter.get());
}

// P-090
FAKE_CLOCK_TEST(Event, TellsWaitersThatItWasSetEvenIfItWasClearedSince) {
    Event event;
    auto waiter = spawn([&] { return event.wait(); });
    sleep();
    event.set();
    event.clear();
    EXPECT_TRUE(waiter.get());
    EXPECT_FALSE(event.is_set());
    EXPECT_FALSE(event.wait(10ms));
    EXPECT_NO_THROW(EXPECT_FALSE(event.wait(0ms)));
    event.set();
    EXPECT_TRUE(event.wait(0ms));
}

// P-091
FAKE_CLOCK_TEST(Event, WakesInOrderAndBeforeWhoeverComesLater) {
    Event event;
    std::vector<int> log;
    auto waiter = [&](int n) {
        return [&log, &event, n] {
            event.wait();
            log.push_back(n);
        };
    };
    auto first = spawn(waiter(1));
    auto second = spawn(waiter(2));
    sleep();
    const auto rounds = get_hub().rounds();
    event.set();
    waiter(3)();
    EXPECT_THAT(log, ElementsAre(1, 2, 3));
    EXPECT_EQ(get_hub().rounds(), rounds) << "no turn of the loop was needed";
}

// P-092
FAKE_CLOCK_TEST(Event, CallsARawLinkOnce) {
    Event event;
    std::vector<std::string> log;
    event.rawlink([&] { log.push_back("link in " + getcurrent().name()); });
    const LinkId removed = event.rawlink([&] { log.emplace_back("removed"); });
    event.unlink(removed);
    event.unlink(removed);
    event.set();
    EXPECT_TRUE(log.empty());
    event.clear();
    event.set();
    sleep();
    EXPECT_THAT(log, ElementsAre("link in hub"));

    event.rawlink([&] { log.emplace_back("was set"); });
    const LinkId due = event.rawlink([&] { log.emplace_back("removed when due"); });
    event.unlink(due);
    EXPECT_EQ(log.size(), 1U);
    sleep();
    EXPECT_THAT(log, ElementsAre("link in hub", "was set"));
}

// P-092
FAKE_CLOCK_TEST(Event, KeepsOrderAmongLinksAndWaiters) {
    Event event;
    std::vector<std::string> log;
    auto first = spawn([&] {
        event.wait();
        log.emplace_back("first waiter");
    });
    sleep();
    event.rawlink([&] { log.emplace_back("link"); });
    auto second = spawn([&] {
        event.wait();
        log.emplace_back("second waiter");
    });
    sleep();
    event.set();
    second.join();
    EXPECT_THAT(log, ElementsAre("first waiter", "link", "second waiter"));
}

// P-006
FAKE_CLOCK_TEST(Event, ReportsWhatALinkThrows) {
    std::vector<std::string> reports;
    get_hub().set_error_handler(
        [&](const std::string& context, std::exception_ptr) { reports.push_back(context); });
    Event event;
    event.rawlink([] { throw 1; });
    event.set();
    sleep();
    EXPECT_THAT(reports, ElementsAre("a link of an Event"));
}

// P-094
GREENLET_TEST(Event, BelongsToItsThread) {
    Event event;
    AsyncResult<int> result;
    std::thread{[&, &hub = get_hub()] {
        EXPECT_THROW(event.set(), std::logic_error);
        EXPECT_THROW(event.wait(), std::logic_error);
        EXPECT_THROW(result.set(1), std::logic_error);
        EXPECT_THROW(result.get(), std::logic_error);
        hub.run_threadsafe([&] { event.set(); });
    }}.join();
    EXPECT_TRUE(event.wait(5s));
    EXPECT_FALSE(result.ready());
}

// P-026
FAKE_CLOCK_TEST(Event, IsLeftByAKilledWaiter) {
    Event event;
    auto victim = spawn([&] { event.wait(); });
    auto other = spawn([&] { return event.wait(); });
    sleep();
    victim.kill();
    event.set();
    EXPECT_TRUE(other.get());
}

// P-222
FAKE_CLOCK_TEST(Event, MayBeDestroyedRightAfterItsSet) {
    auto event = std::make_unique<Event>();
    std::vector<Greenlet<bool>> waiters;
    for (int i = 0; i < 3; ++i) waiters.push_back(spawn([&] { return event->wait(); }));
    sleep();
    event->set();
    event.reset();
    for (auto& waiter : waiters) EXPECT_TRUE(waiter.get());
}

// P-222
FAKE_CLOCK_TEST(Event, MayBeDestroyedByItsLink) {
    auto event = std::make_unique<Event>();
    int later = 0;
    event->rawlink([&] { event.reset(); });
    event->rawlink([&] { ++later; });
    event->set();
    sleep(1ms);
    EXPECT_EQ(event, nullptr);
    EXPECT_EQ(later, 0);
}

// P-001
TEST(EventDeathTest, IsNotDestroyedUnderItsWaiters) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto event = std::make_unique<Event>();
            auto waiter = spawn([&event] { event->wait(); });
            sleep();
            event.reset();
        },
        "destroyed under");
}

// P-093
FAKE_CLOCK_TEST(AsyncResult, TakesOneValueOnly) {
    AsyncResult<int> result;
    auto getter = spawn([&] { return result.get(); });
    sleep();
    EXPECT_FALSE(result.ready());
    EXPECT_EQ(result.value(), nullptr);
    result.set(1);
    EXPECT_THROW(result.set(2), std::logic_error);
    EXPECT_THROW(result.set_exception(std::make_exception_ptr(3)), std::logic_error);
    EXPECT_EQ(result.get(), 1);
    EXPECT_EQ(*result.value(), 1);
    EXPECT_TRUE(result.successful());
    EXPECT_EQ(getter.get(), 1);
}

// P-093
FAKE_CLOCK_TEST(AsyncResult, GivesAnExceptionToEveryGetter) {
    AsyncResult<std::string> result;
    EXPECT_THROW(result.get(false), Timeout);
    EXPECT_THROW(result.get(true, 10ms), Timeout);
    EXPECT_FALSE(result.wait(10ms));
    result.set_exception(std::make_exception_ptr(std::out_of_range{"x"}));
    EXPECT_TRUE(result.wait());
    EXPECT_TRUE(result.ready());
    EXPECT_FALSE(result.successful());
    EXPECT_THROW(result.get(), std::out_of_range);
    EXPECT_THROW(result.get(), std::out_of_range);
    EXPECT_EQ(result.value(), nullptr);
    AsyncResult<int> null;
    EXPECT_THROW(null.set_exception(nullptr), std::invalid_argument);
}

// P-093
FAKE_CLOCK_TEST(AsyncResult, CallsItsLinksAndMayBeVoidOrMoveOnly) {
    AsyncResult<void> nothing;
    int called = 0;
    nothing.rawlink([&] { ++called; });
    const LinkId removed = nothing.rawlink([&] { ++called; });
    nothing.unlink(removed);
    auto getter = spawn([&] { nothing.get(); });
    sleep();
    nothing.set();
    getter.get();
    nothing.rawlink([&] { ++called; });
    sleep();
    EXPECT_EQ(called, 2);

    AsyncResult<std::unique_ptr<int>> moved;
    moved.set(std::make_unique<int>(5));
    EXPECT_EQ(*moved.get(), 5);
}

// P-222
FAKE_CLOCK_TEST(AsyncResult, LeavesNothingBehindForAWaiterThatStopped) {
    AsyncResult<int> result;
    auto victim = spawn([&] { result.get(); });
    auto late = spawn([&] { EXPECT_FALSE(result.wait(5ms)); });
    sleep(10ms);
    victim.kill();
    result.set(1);
    EXPECT_TRUE(late.dead());
}

}  // namespace
}  // namespace grove
