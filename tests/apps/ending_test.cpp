// What a worker does to greenlets that nobody waits for, before it destroys what they use.
#include "ending.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/queue.h>
#include <grove/core/shield.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Tells of the end of its scope.
struct Told {
    ~Told() { told.push_back(what); }
    std::vector<std::string>& told;
    std::string what;
};

//
FAKE_CLOCK_TEST(Ending, KillsAllOldestFirstAndWaitsForThem) {
    std::vector<std::string> told;
    Queue<int> queue;
    Event event;
    spawn([&] {
        const Told end{told, "reader"};
        queue.get();
    });
    spawn([&] {
        const Told end{told, "sleeper"};
        sleep(1h);
    });
    spawn([&] {
        const Told end{told, "waiter"};
        event.wait();
    });
    sleep();
    spawn([&] { told.push_back("never ran"); });
    spawn_later(1h, [&] { told.push_back("never ran"); });

    EXPECT_TRUE(Ending{}.wait(3s));

    EXPECT_THAT(told, ElementsAre("reader", "sleeper", "waiter"));
}

// a kill after the wake ends the next wait.
FAKE_CLOCK_TEST(Ending, EndsOneThatWasWokenBefore) {
    Queue<int> queue;
    int got = 0;
    const auto reader = spawn([&] {
        for (;;) got += queue.get();
    });
    sleep();
    queue.put(7);
    EXPECT_TRUE(Ending{}.wait(3s));
    EXPECT_EQ(got, 7);
    EXPECT_FALSE(reader.returned());
}

//
FAKE_CLOCK_TEST(Ending, SparesTheCallerAndWhomItIsTold) {
    Event event;
    const auto spared = spawn([&] { event.wait(); });
    const auto other = spawn([&] { event.wait(); });
    const auto caller = spawn([&] { return Ending{{spared}}.wait(3s); });
    EXPECT_TRUE(caller.get());
    EXPECT_TRUE(other.dead());
    EXPECT_FALSE(spared.dead());
    spared.kill();
}

//
FAKE_CLOCK_TEST(Ending, LetsOneHaveAnotherHelpItToEndAndEndsWhatItLeaves) {
    std::vector<std::string> told;
    Event event;
    spawn([&] {
        try {
            event.wait();
        } catch (const GreenletExit&) {
            told.push_back("killed");
        }
        spawn([&] {
            sleep(1s);
            told.push_back("helped");
        }).join();
        spawn([&] {
            const Told end{told, "left"};
            sleep(1h);
        });
        sleep();
    });
    sleep();
    EXPECT_TRUE(Ending{}.wait(3s));
    EXPECT_THAT(told, ElementsAre("killed", "helped", "left"));
}

//
FAKE_CLOCK_TEST(Ending, ReturnsThoseThatTakeLongerThanTheTime) {
    Queue<int> queue;
    const auto slow = spawn([] {
        const Shield shield;
        sleep(4s);
    });
    const auto quick = spawn([&] { queue.get(); });
    sleep();
    const auto begin = get_hub().now();
    Ending ending;
    EXPECT_FALSE(ending.wait(3s));
    EXPECT_THAT(ending.left(), ElementsAre(AnyGreenlet{slow}));
    EXPECT_EQ(get_hub().now() - begin, 3s);
    EXPECT_TRUE(quick.dead());
    slow.join();
}

// what has no time left is killed all the same.
FAKE_CLOCK_TEST(Ending, EndsWithoutTimeWhatEndsAtOnce) {
    Queue<int> queue;
    spawn([&] { queue.get(); });
    sleep();
    EXPECT_TRUE(Ending{}.wait(Duration::zero()));
}

// without a bound main would get LoopExit.
FAKE_CLOCK_TEST(Ending, WaitsNotForWhatNothingCouldWake) {
    Queue<int> queue;
    bool may_end = false;
    const auto stubborn = spawn([&] {
        while (!may_end) {
            try {
                queue.get();
            } catch (const GreenletExit&) {
                continue;
            }
        }
    });
    sleep();
    Ending ending;
    EXPECT_FALSE(ending.wait({}));
    EXPECT_THAT(ending.left(), ElementsAre(AnyGreenlet{stubborn}));
    may_end = true;
    stubborn.kill();
}

// QUIT while a TERM waits. Nobody is killed twice, nor is who helps.
FAKE_CLOCK_TEST(Ending, GoesOnWhereItsKilledCallerHasLeftIt) {
    Event event;
    bool cleaned_up = false;
    spawn([&] {
        try {
            event.wait();
        } catch (const GreenletExit&) {
        }
        spawn([&] {
            sleep(2s);
            cleaned_up = true;
        }).join();
    });
    sleep();
    Ending ending;
    const auto caller = spawn([&] { ending.wait(1h); });
    sleep(1s);
    caller.kill();
    EXPECT_TRUE(caller.dead());
    EXPECT_FALSE(ending.left().empty());
    EXPECT_FALSE(cleaned_up);

    EXPECT_TRUE(ending.wait(2s));

    EXPECT_TRUE(cleaned_up);
}

}  // namespace
}  // namespace grove
