#include <grove/core/timeout.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/shield.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

static_assert(!std::is_move_constructible_v<TimeoutGuard>);  // P-081

// P-070
FAKE_CLOCK_TEST(TimeoutGuard, FiresOnlyInABlockingCall) {
    TimeoutGuard guard{5ms};
    EXPECT_TRUE(guard.pending());
    test::compute(20ms);
    try {
        sleep(1h);
        ADD_FAILURE() << "no timeout";
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(guard.threw(timeout));
        EXPECT_EQ(timeout.duration(), 5ms);
    }
    EXPECT_FALSE(guard.pending());
    const TimeoutGuard never{std::nullopt};
    EXPECT_FALSE(never.pending());
    sleep(1h);
}

// P-071
FAKE_CLOCK_TEST(TimeoutGuard, OfNothingFiresAtTheFirstTurnOfTheLoop) {
    for (const Duration duration : {Duration{0}, Duration{-1s}}) {
        const TimeoutGuard guard{duration};
        EXPECT_NO_THROW(sleep());
        EXPECT_THROW(sleep(1ms), Timeout);
    }
}

// P-072
FAKE_CLOCK_TEST(TimeoutGuard, ThrowsWhatItWasGiven) {
    {
        const TimeoutGuard guard{10ms, std::runtime_error{"v"}};
        EXPECT_THROW(sleep(1h), std::runtime_error);
    }
    {
        const TimeoutGuard guard{10ms, std::make_exception_ptr(7)};
        EXPECT_THROW(sleep(1h), int);
    }
    EXPECT_THROW((TimeoutGuard{10ms, std::exception_ptr{}}), std::invalid_argument);
    const TimeoutGuard later{10ms};
    EXPECT_THROW(sleep(1h), Timeout);
}

// P-073
FAKE_CLOCK_TEST(TimeoutGuard, IsKnownByItsId) {
    std::vector<Timeout> kept;
    {
        const TimeoutGuard guard{1ms};
        try {
            sleep(1h);
        } catch (const Timeout& timeout) {
            EXPECT_TRUE(guard.threw(timeout));
            kept.push_back(timeout);
        }
    }
    const TimeoutGuard newer{1ms};
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_FALSE(newer.threw(kept[0]));
}

// P-074
FAKE_CLOCK_TEST(TryFor, TellsItsOwnExpiryFromOthers) {
    EXPECT_FALSE(try_for(10ms, [] { sleep(1h); }));
    EXPECT_TRUE(try_for(10ms, [] {}));
    EXPECT_TRUE(try_for(10ms, [] {
        try {
            sleep(1h);
        } catch (const Timeout&) {  // just caught
        }
    }));
    const TimeoutGuard outer{5ms};
    try {
        try_for(10ms, [] { sleep(1h); });
        ADD_FAILURE() << "the outer guard was swallowed";
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(outer.threw(timeout));
    }
    EXPECT_THROW(try_for(10ms, [] { throw Timeout{77, 1s}; }), Timeout);
}

// P-075
FAKE_CLOCK_TEST(TimeoutGuard, NestsWithTheInnerFirst) {
    TimeoutGuard outer{20ms};
    {
        const TimeoutGuard inner{10ms};
        try {
            sleep(1h);
        } catch (const Timeout& timeout) {
            EXPECT_TRUE(inner.threw(timeout));
            EXPECT_TRUE(outer.pending());
        }
    }
    EXPECT_THROW(sleep(1h), Timeout);
}

// P-075
FAKE_CLOCK_TEST(TimeoutGuard, OfAnInnerScopeIsCancelledByTheOuterOnesUnwinding) {
    const TimeoutGuard outer{10ms};
    try {
        const TimeoutGuard inner{20ms};
        sleep(1h);
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(outer.threw(timeout));
    }
    EXPECT_NO_THROW(sleep(1h));
}

// P-076
FAKE_CLOCK_TEST(TimeoutGuard, ArmedFirstIsThrownIfTwoExpireInOneTurn) {
    const TimeoutGuard a{10ms};
    try {
        const TimeoutGuard b{10ms};
        test::compute(20ms);
        sleep(1h);
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(a.threw(timeout));
    }
    EXPECT_NO_THROW(sleep(50ms));
}

// P-076
FAKE_CLOCK_TEST(TimeoutGuard, StillFiresWhenTheOtherWasCaughtInItsScope) {
    const TimeoutGuard a{10ms};
    const TimeoutGuard b{10ms};
    test::compute(20ms);
    std::vector<bool> was_a;
    for (int i = 0; i < 2; ++i) {
        try {
            sleep(1h);
        } catch (const Timeout& timeout) {
            was_a.push_back(a.threw(timeout));
        }
    }
    EXPECT_THAT(was_a, ElementsAre(true, false));
}

// P-077
FAKE_CLOCK_TEST(TimeoutGuard, LosesAgainstAWakeThatCameBefore) {
    Event event;
    auto waiter = spawn([&] {
        const TimeoutGuard guard{10ms};
        return event.wait();
    });
    sleep();
    test::compute(20ms);
    event.set();
    EXPECT_TRUE(waiter.get());
}

// P-078
FAKE_CLOCK_TEST(WithTimeout, GivesItsValueOnlyForItsOwnExpiry) {
    EXPECT_EQ(with_timeout(10ms, [] { return 1; }), 1);
    EXPECT_THROW(with_timeout(10ms, [] { sleep(1h); }), Timeout);
    auto slow = [] {
        sleep(1h);
        return std::string{"slept"};
    };
    EXPECT_EQ(with_timeout(10ms, slow, "in vain"), "in vain");
    EXPECT_THROW(with_timeout(
                     10ms,
                     []() -> int {
                         throw Timeout{77, 1s};
                     },
                     5),
                 Timeout);
}

// P-079
FAKE_CLOCK_TEST(TimeoutGuard, IsNotInherited) {
    Greenlet<int> greenlet;
    {
        const TimeoutGuard guard{20ms};
        greenlet = spawn([] {
            sleep(50ms);
            return 5;
        });
        EXPECT_THROW(greenlet.get(), Timeout);
    }
    EXPECT_EQ(greenlet.get(), 5);
}

// P-080
FAKE_CLOCK_TEST(TimeoutGuard, DoesNothingOnceCancelled) {
    TimeoutGuard guard{10ms};
    guard.cancel();
    EXPECT_FALSE(guard.pending());
    sleep(50ms);
    guard.cancel();

    TimeoutGuard expired{10ms};
    EXPECT_THROW(sleep(1h), Timeout);
    expired.cancel();
    sleep(50ms);
}

// O-075
FAKE_CLOCK_TEST(TimeoutGuard, ThrowsAgainWhatWasSwallowed) {
    TimeoutGuard guard{10ms, 7};
    const auto began = test::now();
    EXPECT_THROW(sleep(1h), int);
    const AnyGreenlet teller = spawn([&] {
        sleep(5ms);
        guard.throw_again();
    });
    EXPECT_THROW(sleep(1h), int);
    EXPECT_EQ(test::now() - began, 15ms);
    guard.throw_again();  // by itself: out of the next wait
    EXPECT_THROW(sleep(), int);
    EXPECT_NO_THROW(sleep());
}

// O-075
FAKE_CLOCK_TEST(TimeoutGuard, ThrowsOnceWhatIsHeldBackAndThrownAgain) {
    TimeoutGuard guard{10ms};
    guard.throw_again();  // it is armed: no effect
    EXPECT_NO_THROW(sleep(5ms));
    {
        const Shield shield;
        sleep(10ms);
        guard.throw_again();
        guard.throw_again();
        sleep();
    }
    EXPECT_THROW(sleep(), Timeout);
    EXPECT_NO_THROW(sleep());
    {
        const Shield shield;
        guard.throw_again();
    }
    guard.cancel();
    EXPECT_NO_THROW(sleep());
}

// P-080: the greenlet was woken by it; what it is woken by is thrown.
FAKE_CLOCK_TEST(TimeoutGuard, IsThrownThoughAnotherCancelsItOnItsWay) {
    Event told;
    TimeoutGuard* of_other = nullptr;
    const AnyGreenlet other = spawn([&] {
        TimeoutGuard guard{1h};
        of_other = &guard;
        guard.cancel();
        EXPECT_THROW(told.wait(), Timeout);
        EXPECT_NO_THROW(sleep());
    });
    sleep();
    of_other->throw_again();
    of_other->throw_again();  // once is enough: it is on its way
    of_other->cancel();
    other.join();
}

// P-081
TEST(TimeoutGuardDeathTest, DiesInTheGreenletThatMadeIt) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            auto* guard = new TimeoutGuard{1h};
            spawn([guard] { delete guard; }).join();
        },
        "another greenlet");
}

// P-082
FAKE_CLOCK_TEST(TimeoutGuard, IsHeldBackByAShield) {
    struct SleepsInItsDestructor {
        ~SleepsInItsDestructor() {
            const Shield shield;
            sleep(30ms);
        }
    };
    const auto began = test::now();
    const TimeoutGuard guard{10ms};
    { const SleepsInItsDestructor object; }
    EXPECT_EQ(test::now() - began, 30ms);
    EXPECT_THROW(sleep(), Timeout) << "the first blocking call after the Shield";
}

// P-083
FAKE_CLOCK_TEST(TimeoutGuard, CountsFromItsArmingNotFromTheLastPoll) {
    test::compute(20ms);
    const TimeoutGuard guard{10ms};
    EXPECT_NO_THROW(sleep(5ms));
    EXPECT_THROW(sleep(1h), Timeout);
}

// P-083
GREENLET_TEST(TimeoutGuard, NeverFiresEarlyOnTheRealClock) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(try_for(1500us, [] { sleep(1h); }));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 1500us);
}

// P-084
TEST(Timeout, SaysItsDurationInTheLargestUnit) {
    const std::pair<Duration, const char*> rows[] = {
        {100ms, "100ms"}, {1500us, "1500us"}, {2s, "2s"},   {60s, "1min"},
        {0s, "0s"},       {3h, "3h"},         {7ns, "7ns"}, {90s, "90s"}};
    for (const auto& [duration, text] : rows) EXPECT_EQ(Timeout(1, duration).what(), text);
}

}  // namespace
}  // namespace grove
