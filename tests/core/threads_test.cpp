#include <grove/core/threads.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/file_descriptor.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/shield.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>

#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

void wait_for_ever() { Event{}.wait(); }

// Not by a blocking call of the hub's own: the other threads tell it nothing.
void wait_until(const std::function<bool()>& holds) {
    while (!holds()) sleep(1ms);
}

GREENLET_TEST(Threads, RunAFunctionAsTheMainOfAHubOfTheirOwn) {
    std::mutex mutex;
    std::vector<int> numbers;
    std::set<std::thread::id> ids{std::this_thread::get_id()};
    std::set<Hub*> hubs{&get_hub()};
    std::promise<void> all;
    const std::shared_future<void> all_run{all.get_future()};
    Threads threads{3, [&, all_run](int number) {
                        EXPECT_TRUE(getcurrent().is_main());
                        EXPECT_EQ(spawn([] { return 7; }).get(), 7);
                        {
                            const std::lock_guard lock{mutex};
                            numbers.push_back(number);
                            ids.insert(std::this_thread::get_id());
                            hubs.insert(&get_hub());
                            if (numbers.size() == 3) all.set_value();
                        }
                        all_run.wait();  // or a hub might be made where another one was
                    }};
    EXPECT_TRUE(threads.join(30s));
    EXPECT_TRUE(threads.join());
    std::sort(numbers.begin(), numbers.end());
    EXPECT_THAT(numbers, ElementsAre(0, 1, 2));
    EXPECT_EQ(ids.size(), 4U);
    EXPECT_EQ(hubs.size(), 4U);
    threads.stop();
}

GREENLET_TEST(Threads, CopyTheFunctionForEach) {
    std::atomic<int> sum = 0;
    Threads threads{3, [&sum, calls = 0](int) mutable { sum += ++calls; }};
    EXPECT_TRUE(threads.join(30s));
    EXPECT_EQ(sum, 3) << "none sees what another one has changed";
}

GREENLET_TEST(Threads, AreStoppedAtTheirWaitAndUnwind) {
    std::atomic<int> unwound = 0;
    Threads threads{4, [&](int) {
                        struct Unwound {
                            std::atomic<int>& count;
                            ~Unwound() { ++count; }
                        } const on_the_way_out{unwound};
                        wait_for_ever();
                        ADD_FAILURE() << "it went on";
                    }};
    EXPECT_FALSE(threads.join(1ms));
    EXPECT_EQ(unwound, 0);
    threads.stop(30s);
    EXPECT_EQ(unwound, 4);
    EXPECT_TRUE(threads.join(0ms));
}

GREENLET_TEST(Threads, WaitForOthersRatherThanThrowLoopExit) {
    std::atomic<Hub*> hub = nullptr;
    Event* go = nullptr;
    std::atomic<bool> went_on = false;
    Threads threads{1, [&](int) {
                        Event event;
                        go = &event;
                        hub = &get_hub();
                        event.wait();  // nothing of its own hub could wake it
                        went_on = true;
                    }};
    wait_until([&] { return hub != nullptr; });
    hub.load()->run_threadsafe([&] { go->set(); });
    EXPECT_TRUE(threads.join(30s));
    EXPECT_TRUE(went_on);
}

GREENLET_TEST(Threads, AreWaitedForWhileTheHubRunsOthers) {
    std::atomic<bool> go = false;
    Threads threads{2, [&](int) {
                        while (!go) sleep(1ms);
                    }};
    auto other = spawn([&] { go = true; });
    EXPECT_TRUE(threads.join()) << "without a bound, and nothing else to wake this hub";
    EXPECT_TRUE(other.dead());
}

GREENLET_TEST(Threads, TellTheirHubsHandlerWhatEndsThem) {
    std::vector<std::string> reports;
    Threads threads{1, [&](int) {
                        get_hub().set_error_handler(
                            [&](const std::string& context, const std::exception_ptr& error) {
                                reports.push_back(context + ": " + describe(error));
                            });
                        throw std::runtime_error{"no more"};
                    }};
    EXPECT_TRUE(threads.join(30s));
    EXPECT_THAT(reports, ElementsAre("thread 0 of Threads failed: std::runtime_error: no more"));
}

GREENLET_TEST(Threads, KillTheGreenletsThatAreLeftBeforeTheyCountAsEnded) {
    std::atomic<int> unwound = 0;
    Threads threads{2, [&](int) {
                        spawn([&] {
                            struct Unwound {
                                std::atomic<int>& count;
                                ~Unwound() { ++count; }
                            } const on_the_way_out{unwound};
                            wait_for_ever();
                        });
                        sleep();
                    }};
    EXPECT_TRUE(threads.join(30s));
    EXPECT_EQ(unwound, 2);
}

GREENLET_TEST(Threads, DropTheFunctionAfterItsGreenletsAndBeforeItsHub) {
    std::vector<std::string> ended;
    const auto note = [&ended](const char* what) {
        return std::shared_ptr<void>{nullptr, [&ended, what](void*) { ended.emplace_back(what); }};
    };
    Threads threads{
        1, [&note, held = std::shared_ptr<void>{}](int) mutable {
            held = note("function");
            get_hub().set_error_handler(
                [of_hub = note("hub")](const std::string&, const std::exception_ptr&) {});
            spawn([&note] {
                const auto on_the_way_out = note("greenlet");
                wait_for_ever();
            });
            sleep();
        }};
    EXPECT_TRUE(threads.join(30s));
    EXPECT_THAT(ended, ElementsAre("greenlet", "function", "hub"));
}

GREENLET_TEST(Threads, AreKilledAgainIfTheyWentOn) {
    std::atomic<int> swallowed = 0;
    Threads threads{1, [&](int) {
                        try {
                            wait_for_ever();
                        } catch (const GreenletExit&) {
                            ++swallowed;
                        }
                        wait_for_ever();
                    }};
    threads.stop(0ms);
    wait_until([&] { return swallowed == 1; });
    EXPECT_FALSE(threads.join(1ms));
    threads.stop(30s);
    EXPECT_TRUE(threads.join(0ms));
}

GREENLET_TEST(Threads, StopAndJoinEndAtTheirTime) {
    std::atomic<bool> go = false;
    Threads threads{1, [&](int) {
                        const Shield shield;  // holds the kill back
                        while (!go) sleep(1ms);
                    }};
    threads.stop(1ms);
    EXPECT_FALSE(threads.join(1ms));
    {
        const TimeoutGuard guard{1ms};
        EXPECT_THROW(threads.join(), Timeout);
    }
    go = true;
    EXPECT_TRUE(threads.join(30s));
}

GREENLET_TEST(Threads, LetAKilledWaiterGoAndAWokenOneHaveItsAnswer) {
    std::atomic<bool> go = false;
    Threads threads{2, [&](int) {
                        const Shield shield;
                        while (!go) sleep(1ms);
                    }};
    auto victim = spawn([&] { threads.stop(); });
    sleep();
    victim.kill();
    EXPECT_TRUE(victim.successful());

    std::array<Greenlet<void>, 2> both;
    int told = 0;
    const auto waits = [&](std::size_t other) {
        if (threads.join(30s)) ++told;
        both.at(other).kill(GreenletExit{}, false);
    };
    both[0] = spawn(waits, 1);
    both[1] = spawn(waits, 0);
    sleep();
    go = true;
    joinall(both);  // the first to run kills the other, which is woken already
    EXPECT_EQ(told, 2);
}

GREENLET_TEST(Threads, AreStoppedByTheirDestructor) {
    std::atomic<int> ended = 0;
    auto threads = std::make_unique<Threads>(2, [&](int) {
        struct Ended {
            std::atomic<int>& count;
            ~Ended() { ++count; }
        } const at_the_end{ended};
        wait_for_ever();
    });
    bool joined = false;
    auto joiner = spawn([&] { joined = threads->join(); });
    sleep();
    threads.reset();
    EXPECT_EQ(ended, 2);
    joiner.join();
    EXPECT_TRUE(joined) << "who waits meanwhile is told";

    auto owner = spawn([] {
        const Threads of_its_own{1, [](int) { wait_for_ever(); }};
        wait_for_ever();
    });
    sleep();
    owner.kill();  // the destructor waits, although it is killed
    EXPECT_TRUE(owner.successful());
}

GREENLET_TEST(Threads, BelongToTheThreadThatMadeThem) {
    std::promise<Threads*> made;
    std::atomic<int> refused = 0;
    Threads threads{1, [&, made_ones = made.get_future().share()](int) {
                        Threads& self = *made_ones.get();
                        EXPECT_THROW(self.join(0ms), std::logic_error);
                        EXPECT_THROW(self.stop(), std::logic_error);
                        ++refused;
                    }};
    made.set_value(&threads);
    EXPECT_TRUE(threads.join(30s));
    EXPECT_EQ(refused, 1);
}

GREENLET_TEST(Threads, RefuseToBeNoneAndToDoNothing) {
    EXPECT_THROW((Threads{0, [](int) {}}), std::invalid_argument);
    EXPECT_THROW((Threads{-1, [](int) {}}), std::invalid_argument);
    EXPECT_THROW((Threads{1, {}}), std::invalid_argument);
}

// A hub has two descriptors: some of the hubs can be made, and no function may be called.
GREENLET_TEST(Threads, CallNoFunctionIfAHubCannotBeMade) {
#if defined(__SANITIZE_ADDRESS__)
    // UBSan probes memory through a pipe: without descriptors it takes every object for a broken one.
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlimit tight = limit;
    {
        const FileDescriptor next{::dup(STDERR_FILENO)};
        tight.rlim_cur = static_cast<rlim_t>(next.get()) + 8;
    }
    std::atomic<int> called = 0;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    EXPECT_THROW((Threads{20, [&](int) { ++called; }}), std::system_error);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(called, 0);
}

}  // namespace
}  // namespace grove
