// Links: what is called when a greenlet has ended (P-050 to P-057).
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/async_result.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using Log = std::vector<std::string>;

// P-050
FAKE_CLOCK_TEST(Link, OnADeadGreenletRunsInTheNextRound) {
    auto done = spawn([] {});
    done.join();
    Log log;
    done.rawlink([&](const AnyGreenlet& ended) {
        EXPECT_EQ(ended, done);
        log.push_back(getcurrent().name());
    });
    EXPECT_TRUE(log.empty());
    sleep();
    EXPECT_THAT(log, ElementsAre("hub"));
}

// P-051
FAKE_CLOCK_TEST(Link, RunsInOrderOfRegistrationAmongWaiters) {
    Log log;
    auto greenlet = spawn([] { sleep(1ms); });
    for (const char* name : {"1", "2", "3"})
        greenlet.rawlink([&log, name](const AnyGreenlet&) { log.emplace_back(name); });
    auto joiner = spawn([&] {
        greenlet.join();
        log.emplace_back("join");
    });
    sleep();
    greenlet.rawlink([&log](const AnyGreenlet&) { log.emplace_back("later link"); });
    joiner.join();
    EXPECT_EQ(log[0] + log[1] + log[2], "123");
    EXPECT_THAT(log, testing::Contains("join"));
    EXPECT_EQ(log.size(), 5U);
}

// P-052
FAKE_CLOCK_TEST(Link, MayBlockInAGreenletOfItsOwn) {
    Log log;
    auto greenlet = spawn([] {});
    greenlet.link([&](const AnyGreenlet&) {
        EXPECT_NE(getcurrent().name(), "hub");
        sleep(20ms);
        log.emplace_back("slow");
    });
    greenlet.link([&](const AnyGreenlet&) { log.emplace_back("quick"); });
    sleep(30ms);
    EXPECT_THAT(log, ElementsAre("quick", "slow"));
}

// P-053
FAKE_CLOCK_TEST(Link, IsChosenBySuccess) {
    test::ignore_reports();
    Log log;
    auto linked = [&](const AnyGreenlet& greenlet) {
        greenlet.link_value([&](const AnyGreenlet&) { log.emplace_back("value"); });
        greenlet.link_exception([&](const AnyGreenlet&) { log.emplace_back("exception"); });
        return greenlet;
    };
    auto killed = linked(spawn([] { sleep(1h); }));
    sleep();
    killed.kill();
    linked(spawn([] { throw 1; })).join();
    linked(spawn([] {})).join();
    sleep(1ms);
    EXPECT_THAT(log, ElementsAre("value", "exception", "value"));
}

// P-054
FAKE_CLOCK_TEST(Link, IsRemovedAloneByItsId) {
    int called = 0;
    const std::function<void(const AnyGreenlet&)> count = [&](const AnyGreenlet&) { ++called; };
    auto greenlet = spawn([] {});
    const auto first = greenlet.rawlink(count);
    greenlet.rawlink(count);
    greenlet.unlink(first);
    greenlet.unlink(first);
    greenlet.unlink(999'999);
    EXPECT_EQ(greenlet.link_count(), 1U);
    sleep(1ms);
    EXPECT_EQ(called, 1);
    greenlet.unlink(first);
}

// P-055
FAKE_CLOCK_TEST(Link, MayUnlinkALaterOneAndAddAnother) {
    Log log;
    auto greenlet = spawn([] {});
    LinkId second = 0;
    greenlet.rawlink([&](const AnyGreenlet& ended) {
        log.emplace_back("first");
        ended.unlink(second);
        ended.rawlink([&](const AnyGreenlet&) { log.emplace_back("third"); });
    });
    second = greenlet.rawlink([&](const AnyGreenlet&) { log.emplace_back("second"); });
    sleep(1ms);
    EXPECT_THAT(log, ElementsAre("first", "third"));
}

// P-055
FAKE_CLOCK_TEST(Link, ThatLinksItselfAgainDoesNotHoldTheHub) {
    int called = 0;
    std::function<void(const AnyGreenlet&)> again = [&](const AnyGreenlet& ended) {
        if (++called < 1000) ended.rawlink(again);
    };
    auto greenlet = spawn([] {});
    greenlet.rawlink(again);
    for (int turns = 0; turns < 10; ++turns) sleep();
    EXPECT_GT(called, 1);
    EXPECT_LT(called, 1000) << "every other greenlet waited";
    sleep(1ms);
    while (called < 1000) sleep();
}

// P-056
FAKE_CLOCK_TEST(Link, IsDestroyedAfterItsCall) {
    auto captured = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = captured;
    auto greenlet = spawn([] {});
    greenlet.rawlink([captured, greenlet](const AnyGreenlet&) {});
    captured.reset();
    EXPECT_FALSE(watched.expired());
    sleep(1ms);
    EXPECT_TRUE(watched.expired());
    EXPECT_EQ(greenlet.link_count(), 0U);
}

// P-057
FAKE_CLOCK_TEST(Link, FillsAnAsyncResult) {
    test::ignore_reports();
    AsyncResult<int> value;
    AsyncResult<int> error;
    AsyncResult<int> killed;
    AsyncResult<int> other_type;
    AsyncResult<void> nothing;
    spawn([] { return 5; }).rawlink(value.linker());
    spawn([]() -> int { throw std::out_of_range{"x"}; }).rawlink(error.linker());
    auto victim = spawn([] { return 1; });
    victim.rawlink(killed.linker());
    victim.kill();
    spawn([] { return std::string{}; }).rawlink(other_type.linker());
    spawn([] {}).rawlink(nothing.linker());

    EXPECT_EQ(value.get(), 5);
    EXPECT_THROW(error.get(), std::out_of_range);
    EXPECT_THROW(killed.get(), Killed);
    EXPECT_THROW(other_type.get(), std::logic_error);
    EXPECT_NO_THROW(nothing.get());
}

}  // namespace
}  // namespace grove
