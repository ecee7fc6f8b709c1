#include <grove/core/greenlet.h>

#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::string state_of(const AnyGreenlet& greenlet) {
    std::string state;
    if (greenlet.started()) state += "started ";
    if (greenlet.dead()) state += "dead ";
    if (greenlet.ready()) state += "ready ";
    if (greenlet.successful()) state += "successful ";
    return state;
}

// P-010
FAKE_CLOCK_TEST(Greenlet, AnswersForItsStateAtEveryStep) {
    auto greenlet = make_greenlet([] {
        sleep(1ms);
        return 5;
    });
    EXPECT_EQ(state_of(greenlet), "");
    EXPECT_EQ(greenlet.value(), nullptr);
    EXPECT_EQ(greenlet.exception(), nullptr);

    greenlet.start();
    EXPECT_EQ(state_of(greenlet), "started ");
    sleep();
    EXPECT_EQ(state_of(greenlet), "started ");
    sleep(2ms);
    EXPECT_EQ(state_of(greenlet), "dead ready successful ");

    auto killed = make_greenlet([] {});
    killed.kill();
    EXPECT_EQ(state_of(killed), "dead ready successful ");
    auto failed = spawn([] { sleep(1h); });
    test::ignore_reports();
    sleep();
    failed.kill(1);
    EXPECT_EQ(state_of(failed), "dead ready ");
}

// P-011
FAKE_CLOCK_TEST(Greenlet, IsNotDeadInItsFirstLine) {
    auto greenlet = spawn([] {
        EXPECT_FALSE(getcurrent().dead());
        EXPECT_FALSE(getcurrent().ready());
        EXPECT_TRUE(getcurrent().started());
    });
    greenlet.join();
}

// P-012
FAKE_CLOCK_TEST(Greenlet, RunsOnceHoweverOftenItIsStarted) {
    int ran = 0;
    auto greenlet = make_greenlet([&] { ++ran; });
    greenlet.start();
    greenlet.start();
    greenlet.start_later(0ms);
    EXPECT_EQ(ran, 0) << "nothing runs before the caller blocks";
    sleep(1ms);
    greenlet.start();
    sleep(1ms);

    EXPECT_EQ(ran, 1);
}

// P-013
FAKE_CLOCK_TEST(Greenlet, StartsNoSoonerThanItsDelay) {
    bool ran = false;
    auto greenlet = make_greenlet([&] { ran = true; });
    greenlet.start_later(50ms);
    greenlet.start();
    EXPECT_TRUE(greenlet.started());
    sleep(49ms);
    EXPECT_FALSE(ran);
    sleep(2ms);
    EXPECT_TRUE(ran);
}

// P-013
FAKE_CLOCK_TEST(Greenlet, CountsItsDelayFromTheCallNotFromTheLastPoll) {
    const auto began = test::now();
    test::compute(20ms);
    Duration started{};
    spawn_later(10ms, [&] { started = test::now() - began; }).join();
    EXPECT_EQ(started, 30ms);
}

// P-013
FAKE_CLOCK_TEST(Greenlet, WithNoDelayRunsAfterThoseThatWereReady) {
    std::vector<int> log;
    spawn_later(-1ms, [&] { log.push_back(2); });
    spawn([&] { log.push_back(1); });
    sleep(1ms);
    EXPECT_THAT(log, ElementsAre(1, 2));
}

// P-014
FAKE_CLOCK_TEST(Greenlet, TakesAndReturnsMoveOnlyValues) {
    auto greenlet = spawn([](std::unique_ptr<int> in) { return std::make_unique<int>(*in + 1); },
                          std::make_unique<int>(41));

    EXPECT_EQ(*greenlet.get(), 42);
    EXPECT_EQ(*std::move(greenlet).get(), 42);
    EXPECT_THROW(greenlet.get(), std::logic_error);
    EXPECT_EQ(greenlet.value(), nullptr);
}

// P-014
FAKE_CLOCK_TEST(Greenlet, StoresItsArgumentsAsAThreadDoes) {
    int counted = 1;
    std::string text = "before";
    auto greenlet = spawn(
        [](int& counter, const std::string& copied) {
            ++counter;
            EXPECT_EQ(copied, "before");
        },
        std::ref(counted), text);
    text = "after";
    greenlet.join();
    EXPECT_EQ(counted, 2);

    struct Server {
        int port = 80;
        int doubled() { return 2 * port; }
    } server;
    EXPECT_EQ(spawn(&Server::doubled, &server).get(), 160);
}

// P-015
FAKE_CLOCK_TEST(Greenlet, DestroysItsFunctionBeforeItsLinksRun) {
    auto captured = std::make_shared<int>(1);
    std::vector<std::pair<std::string, long>> seen;
    auto greenlet = spawn([captured] { sleep(); });
    EXPECT_EQ(captured.use_count(), 2);
    greenlet.rawlink([&](const AnyGreenlet&) { seen.emplace_back("link", captured.use_count()); });
    greenlet.join();

    auto killed = spawn([captured] {});
    killed.kill();
    EXPECT_EQ(captured.use_count(), 1);

    EXPECT_THAT(seen, ElementsAre(std::pair{std::string{"link"}, 1L}));
}

// P-015
FAKE_CLOCK_TEST(Greenlet, DestroysItsFunctionOnItsOwnStack) {
    struct Noted {
        std::string* note;
        explicit Noted(std::string* to) : note{to} {}
        Noted(Noted&& other) noexcept : note{std::exchange(other.note, nullptr)} {}
        ~Noted() {
            if (note != nullptr) *note = getcurrent().name();
        }
    };
    std::string where;
    auto greenlet = spawn({.name = "own"}, [noted = Noted{&where}] {});
    greenlet.join();
    EXPECT_EQ(where, "own");
}

// P-017
FAKE_CLOCK_TEST(Greenlet, OfMainIsValidAndNeverDead) {
    const AnyGreenlet main = getcurrent();
    EXPECT_TRUE(main.valid());
    EXPECT_FALSE(main.dead());
    EXPECT_EQ(main.name(), "main");
    EXPECT_THROW(main.join(), std::logic_error);
    spawn([main] { EXPECT_THROW(main.join(), std::logic_error); }).join();
}

// P-017
FAKE_CLOCK_TEST(Greenlet, OfMainIsKilledWhereItBlocks) {
    auto killer = spawn_later(5ms, [main = getcurrent()] { main.kill(42); });
    try {
        sleep(1s);
        ADD_FAILURE() << "main slept on";
    } catch (int thrown) {
        EXPECT_EQ(thrown, 42);
    }
    killer.join();
}

// P-018
FAKE_CLOCK_TEST(Greenlet, HasANameOfItsOwnAndAnIdForEver) {
    std::vector<Greenlet<void>> all;
    std::set<std::string> names;
    std::uint64_t last_id = 0;
    for (int i = 0; i < 1000; ++i) {
        all.push_back(spawn([] {}));
        names.insert(all.back().name());
        EXPECT_GT(all.back().id(), last_id);
        last_id = all.back().id();
    }
    EXPECT_EQ(names.size(), 1000U);
    EXPECT_EQ(all[0].name(), "Greenlet-" + std::to_string(all[0].id()));

    all[0].set_name("first");
    EXPECT_EQ(all[0].name(), "first");
    const auto id = all[0].id();
    for (auto& greenlet : all) greenlet.join();
    EXPECT_EQ(all[0].id(), id);
    EXPECT_EQ(spawn({.name = "named"}, [] { return getcurrent().name(); }).get(), "named");
}

// P-019
FAKE_CLOCK_TEST(Greenlet, KeepsWhatItReturned) {
    auto greenlet = spawn([] { return std::string{"x"}; });
    greenlet.join();

    ASSERT_NE(greenlet.value(), nullptr);
    EXPECT_EQ(*greenlet.value(), "x");
    EXPECT_TRUE(greenlet.successful());
    EXPECT_EQ(greenlet.exception(), nullptr);
    EXPECT_TRUE(greenlet.dead());
    EXPECT_FALSE(greenlet.started());
    EXPECT_EQ(&greenlet.get(), greenlet.value());
}

// P-020
FAKE_CLOCK_TEST(Greenlet, KeepsWhatItDiedOfAndReportsItBeforeItsLinks) {
    std::vector<std::string> log;
    get_hub().set_error_handler(
        [&](const std::string&, std::exception_ptr) { log.emplace_back("report"); });
    auto greenlet = spawn([]() -> int { throw std::runtime_error{"broken"}; });
    greenlet.rawlink([&](const AnyGreenlet&) { log.emplace_back("link"); });

    const std::runtime_error* thrown[2] = {};
    for (auto*& one : thrown) {
        try {
            greenlet.get();
        } catch (const std::runtime_error& error) {
            one = &error;
        }
    }

    EXPECT_NE(thrown[0], nullptr);
    EXPECT_EQ(thrown[0], thrown[1]);
    EXPECT_FALSE(greenlet.successful());
    EXPECT_EQ(greenlet.value(), nullptr);
    EXPECT_NE(greenlet.exception(), nullptr);
    EXPECT_THAT(log, ElementsAre("report", "link"));
    EXPECT_THROW(spawn([] { throw 3; }).get(), int);
}

// P-023
FAKE_CLOCK_TEST(Greenlet, GivesItsValueInTimeOrATimeout) {
    auto quick = spawn([] { return 1; });
    EXPECT_THROW(quick.get(false), Timeout);
    EXPECT_EQ(quick.get(true, 0ms), 1) << "ready greenlets run first";
    EXPECT_EQ(quick.get(false), 1);

    auto slow = spawn([] {
        sleep(50ms);
        return 2;
    });
    try {
        slow.get(true, 20ms);
        ADD_FAILURE() << "it was not ready";
    } catch (const Timeout& timeout) {
        EXPECT_EQ(timeout.duration(), 20ms);
        EXPECT_EQ(timeout.id(), 0U);
    }
    EXPECT_FALSE(slow.dead());
    EXPECT_EQ(slow.get(), 2);
}

// P-024
FAKE_CLOCK_TEST(Greenlet, SaysWhoseTimeoutEndedAGet) {
    test::ignore_reports();
    TimeoutGuard outer{100ms};
    auto thrown_by = [&](auto greenlet, Timespan timeout) -> std::uint64_t {
        try {
            greenlet.get(true, timeout);
        } catch (const Timeout& timeout_thrown) {
            EXPECT_EQ(outer.threw(timeout_thrown), timeout_thrown.id() == outer.id());
            return timeout_thrown.id();
        }
        return 999;
    };
    std::uint64_t inner_id = 0;
    auto dies_of_its_own = spawn([&] {
        TimeoutGuard inner{1ms};
        inner_id = inner.id();
        sleep(1h);
    });
    auto sleeper = spawn([] { sleep(1h); });

    EXPECT_EQ(thrown_by(dies_of_its_own, 500ms), inner_id);
    EXPECT_NE(inner_id, outer.id());
    EXPECT_EQ(thrown_by(sleeper, 10ms), 0U);
    EXPECT_EQ(thrown_by(sleeper, 500ms), outer.id());
    sleeper.kill();
}

// P-025
FAKE_CLOCK_TEST(Greenlet, IsJoinedWhateverItEndsOf) {
    test::ignore_reports();
    EXPECT_TRUE(spawn([] { throw 1; }).join());

    auto quick = spawn([] {});
    EXPECT_TRUE(quick.join(0ms));

    auto slow = spawn([] { sleep(1h); });
    EXPECT_FALSE(slow.join(10ms));
    const TimeoutGuard guard{10ms};
    EXPECT_THROW(slow.join(1s), Timeout);
    slow.kill();
}

// P-026
FAKE_CLOCK_TEST(Greenlet, IsLeftWithoutATraceByWhoeverStopsWaiting) {
    auto greenlet = spawn([] { sleep(10ms); });
    EXPECT_FALSE(greenlet.join(1ms));
    EXPECT_EQ(greenlet.link_count(), 0U);
    const auto began = test::now();
    sleep(50ms);
    EXPECT_EQ(test::now() - began, 50ms);
    EXPECT_TRUE(greenlet.dead());

    auto victim = spawn([] { sleep(1h); });
    auto waiter = spawn([&] { victim.get(); });
    sleep();
    EXPECT_EQ(victim.link_count(), 1U);
    waiter.kill();
    EXPECT_EQ(victim.link_count(), 0U);
    victim.kill();
}

// P-027
FAKE_CLOCK_TEST(Greenlet, RefusesToJoinItself) {
    auto greenlet = spawn([] { EXPECT_THROW(getcurrent().join(), std::logic_error); });
    EXPECT_NO_THROW(greenlet.get());
}

// P-220
GREENLET_TEST(Greenlet, HandlesKeepTheResultButNotTheStack) {
    constexpr int kCount = 100'000;
    std::vector<Greenlet<int>> all;
    for (int i = 0; i < kCount; ++i) all.push_back(spawn([i] { return i; }));
    int sum = 0;
    for (auto& greenlet : all) sum += greenlet.get() % 2;
    EXPECT_EQ(sum, kCount / 2);
}

TEST(Greenlet, HandlesCompareAndHashByIdentity) {
    const Greenlet<int> null;
    EXPECT_FALSE(null.valid());
    EXPECT_FALSE(null.dead());
    EXPECT_EQ(null, AnyGreenlet{});
    EXPECT_EQ(null.id(), 0U);
    EXPECT_THROW(null.get(), std::logic_error);

    const auto one = make_greenlet([] { return 1; });
    const auto two = make_greenlet([] { return 1; });
    const AnyGreenlet same = one;
    EXPECT_EQ(one, same);
    EXPECT_NE(one, two);
    const std::unordered_set<AnyGreenlet> handles{one, two, same};
    EXPECT_EQ(handles.size(), 2U);
}

}  // namespace
}  // namespace grove
