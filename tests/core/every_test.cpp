#include <grove/core/every.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// When calls began, in milliseconds from the test's start.
class Calls {
public:
    void note() {
        at_.push_back(
            std::chrono::duration_cast<std::chrono::milliseconds>(test::now() - began_).count());
    }
    [[nodiscard]] const std::vector<std::int64_t>& at() const { return at_; }

private:
    Timer::Instant began_ = test::now();
    std::vector<std::int64_t> at_{};
};

//
FAKE_CLOCK_TEST(Every, CallsAfterEachPeriodTheFirstTimeAfterOne) {
    Calls calls;
    auto ticks = every(10ms, [&] { calls.note(); });
    sleep(35ms);
    ticks.kill();
    EXPECT_TRUE(ticks.successful());
    sleep(100ms);
    EXPECT_THAT(calls.at(), ElementsAre(10, 20, 30));
}

// 10 is followed by 40, the first whole period after the call's end at 35; then calls are short.
FAKE_CLOCK_TEST(Every, DropsWhatACallMissesAndDoesNotDrift) {
    for (const bool blocks : {true, false}) {
        Calls calls;
        int running = 0;
        auto ticks = every(10ms, [&] {
            EXPECT_EQ(++running, 1) << "calls overlap";
            calls.note();
            const Duration takes = calls.at().size() == 1 ? 25ms : 3ms;
            blocks ? sleep(takes) : test::compute(takes);
            --running;
        });
        sleep(65ms);
        ticks.kill();
        EXPECT_THAT(calls.at(), ElementsAre(10, 40, 50, 60));
    }
}

//
FAKE_CLOCK_TEST(Every, CallsAtAnEndThatIsNowAfterACallOfWholePeriods) {
    Calls calls;
    auto ticks = every(10ms, [&] {
        calls.note();
        sleep(20ms);
    });
    sleep(55ms);
    ticks.kill();
    EXPECT_THAT(calls.at(), ElementsAre(10, 30, 50));
}

//
FAKE_CLOCK_TEST(Every, CountsFromTheCallAndNotFromItsFirstTurn) {
    Calls calls;
    auto ticks = every(10ms, [&] { calls.note(); });
    test::compute(4ms);
    sleep(12ms);
    ticks.kill();
    EXPECT_THAT(calls.at(), ElementsAre(10));

    Calls late;
    auto later = every(10ms, [&] { late.note(); });
    test::compute(14ms);
    sleep(10ms);
    later.kill();
    EXPECT_THAT(late.at(), ElementsAre(14, 20));
}

//
FAKE_CLOCK_TEST(Every, ReportsWhatACallThrowsAndGoesOn) {
    std::vector<std::string> reports;
    get_hub().set_error_handler([&](const std::string& context, const std::exception_ptr& error) {
        reports.push_back(context + ": " + describe(error));
    });
    int calls = 0;
    auto ticks = every(10ms, [&] {
        switch (++calls) {
            case 1:
                throw std::runtime_error{"once"};
            case 2:
                throw 2;
            case 3: {
                const TimeoutGuard guard{1ms};
                sleep(5ms);
                break;
            }
            default:
                break;
        }
    });
    ticks.set_name("ticks");
    sleep(45ms);
    EXPECT_EQ(calls, 4);
    EXPECT_THAT(reports,
                ElementsAre("a call of every() in ticks failed: std::runtime_error: once",
                            "a call of every() in ticks failed: int", HasSubstr("grove::Timeout")));
    ticks.kill();
}

//
FAKE_CLOCK_TEST(Every, EndsByGreenletExitWhereverItComesFrom) {
    auto ends_itself = every(10ms, [] { throw GreenletExit{}; });
    EXPECT_TRUE(ends_itself.join(1s));
    EXPECT_TRUE(ends_itself.successful());

    bool unwound = false;
    auto blocked = every(10ms, [&] {
        struct Unwound {
            bool& set;
            ~Unwound() { set = true; }
        } const on_the_way_out{unwound};
        Event{}.wait();
    });
    sleep(15ms);
    blocked.kill();
    EXPECT_TRUE(blocked.successful());
    EXPECT_TRUE(unwound);

    const auto held = std::make_shared<int>(1);
    auto never_ran = every(10ms, [held] {});
    never_ran.kill();
    EXPECT_TRUE(never_ran.successful());
    EXPECT_EQ(held.use_count(), 1) << "the function went with its greenlet";
}

// killed once it is due and before it runs, it makes that call and no other.
FAKE_CLOCK_TEST(Every, IsKilledAfterItWasWoken) {
    int calls = 0;
    Greenlet<void> ticks;
    auto killer = spawn_later(10ms, [&] { ticks.kill(GreenletExit{}, false); });
    ticks = every(10ms, [&] { ++calls; });
    ticks.join();
    killer.join();
    EXPECT_EQ(calls, 1);
}

//
FAKE_CLOCK_TEST(Every, RefusesAPeriodOfNothingAndAnEmptyFunction) {
    EXPECT_THROW(every(0ms, [] {}), std::invalid_argument);
    EXPECT_THROW(every(-1ms, [] {}), std::invalid_argument);
    EXPECT_THROW(every(1ms, std::function<void()>{}), std::invalid_argument);
    EXPECT_EQ(get_hub().greenlet_count(), 0U);
}

//
TEST(Every, EndsWithItsThread) {
    const auto held = std::make_shared<int>(0);
    std::thread{[held] {
        Event called;
        every(1ms, [held, &called] { called.set(); });
        EXPECT_TRUE(called.wait(30s));
    }}.join();
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace grove
