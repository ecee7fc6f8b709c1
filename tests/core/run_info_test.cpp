#include <grove/core/run_info.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/queue.h>
#include <grove/core/semaphore.h>
#include <grove/core/signal.h>

#include "fake_clock.h"
#include "greenlet_test.h"

namespace grove {

// Outside the unnamed namespace and never inlined: the test looks for it on a stack.
[[gnu::noinline]] void waits_deep_inside(Event& event) {
    event.wait();
    asm volatile("" ::: "memory");  // no tail call
}

namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

const GreenletInfo* find(const std::vector<GreenletInfo>& infos, const AnyGreenlet& greenlet) {
    for (const GreenletInfo& info : infos) {
        if (info.id == greenlet.id()) return &info;
    }
    return nullptr;
}

FAKE_CLOCK_TEST(RunInfo, TellsWhatEveryGreenletIsDoing) {
    Event event;
    Semaphore semaphore{0};
    Queue<int> queue;
    auto on_event = spawn({.name = "reader"}, [&] { waits_deep_inside(event); });
    auto on_semaphore = spawn([&] { semaphore.acquire(); });
    auto on_queue = spawn([&] { queue.get(); });
    auto asleep = spawn([] { sleep(1h); });
    sleep(10ms);
    auto scheduled = spawn([] {});
    auto unstarted = make_greenlet([] {});

    const auto infos = greenlet_infos();
    ASSERT_EQ(infos.size(), 7U);
    EXPECT_EQ(infos[0].name, "main");
    EXPECT_EQ(infos[0].state, "running");
    EXPECT_EQ(find(infos, on_event)->name, "reader");
    EXPECT_EQ(find(infos, on_event)->state, "blocked");
    EXPECT_EQ(find(infos, on_event)->waits_for, "an Event");
    EXPECT_GE(find(infos, on_event)->age, 10ms);
    EXPECT_EQ(find(infos, on_semaphore)->waits_for, "a Semaphore");
    EXPECT_EQ(find(infos, on_queue)->waits_for, "an item of a Queue");
    EXPECT_EQ(find(infos, asleep)->waits_for, "a sleep");
    EXPECT_EQ(find(infos, scheduled)->state, "scheduled");
    EXPECT_TRUE(find(infos, scheduled)->stack.empty());
    EXPECT_EQ(find(infos, unstarted)->state, "unstarted");
#if defined(__x86_64__)
    EXPECT_THAT(find(infos, on_event)->stack, Contains(HasSubstr("waits_deep_inside")));
    EXPECT_THAT(infos[0].stack, Contains(HasSubstr("greenlet_infos")));
#endif
    EXPECT_THAT(run_info(), HasSubstr("reader (id "));

    for (const AnyGreenlet& one : {AnyGreenlet{on_event}, AnyGreenlet{on_semaphore},
                                   AnyGreenlet{on_queue}, AnyGreenlet{asleep}})
        one.kill();
    unstarted.kill();
}

//
GREENLET_TEST(LivingGreenlets, AreAllThatAreNotDeadOldestFirst) {
    EXPECT_TRUE(living_greenlets().empty());
    Event event;
    const auto blocked = spawn([&] { event.wait(); });
    const auto unstarted = make_greenlet([] {});
    const auto later = make_greenlet([] {});
    later.start_later(1h);
    const auto dead = spawn([] {});
    spawn_raw([&] { event.wait(); });
    dead.join();

    const std::vector<AnyGreenlet> living = living_greenlets();

    ASSERT_EQ(living.size(), 4U);
    EXPECT_EQ(living[0], blocked);
    EXPECT_EQ(living[1], unstarted);
    EXPECT_EQ(living[2], later);
    EXPECT_TRUE(living[3].started());
    for (const AnyGreenlet& one : living) one.kill();
    EXPECT_TRUE(living_greenlets().empty());
}

// main and the hub are no one's to end.
GREENLET_TEST(LivingGreenlets, AreTheRunningOneToo) {
    std::vector<AnyGreenlet> living;
    const auto asks = spawn([&] { living = living_greenlets(); });
    asks.join();
    EXPECT_EQ(living, std::vector<AnyGreenlet>{asks});
}

GREENLET_TEST(StackReader, TellsWhereAGreenletStands) {
    Event event;
    const auto waits = spawn([&] { waits_deep_inside(event); });
    const auto unstarted = make_greenlet([] {});
    sleep();
    StackReader reader;
#if defined(__x86_64__)
    EXPECT_THAT(reader.stack_of(waits), Contains(HasSubstr("waits_deep_inside")));
    EXPECT_EQ(reader.stack_of(waits), reader.stack_of(waits));
    EXPECT_THAT(reader.stack_of(getcurrent()), Contains(HasSubstr("StackReader")));
#endif
    EXPECT_TRUE(reader.stack_of(unstarted).empty());
    std::array<const void*, 3> calls{};
    EXPECT_EQ(capture_calls(calls), 0U);  // main's stack is the thread's
    std::vector<std::string> own;
    const auto looks = spawn([&] { own = reader.names_of({calls.data(), capture_calls(calls)}); });
    looks.join();
#if defined(__x86_64__)
    EXPECT_EQ(own.size(), calls.size());
    EXPECT_THAT(own, Contains(HasSubstr("StackReader")));
#endif
    event.set();
    waits.join();
    EXPECT_TRUE(reader.stack_of(waits).empty());
    EXPECT_TRUE(reader.stack_of(AnyGreenlet{}).empty());
    const void* nowhere = nullptr;
    EXPECT_EQ(reader.names_of({&nowhere, 1}).size(), 1U);
}

GREENLET_TEST(RunInfo, IsPrintedAtASignal) {
    Event printed;
    std::string text;
    const SignalHandler on_request{SIGUSR1, [&] {
                                       text = run_info();
                                       printed.set();
                                   }};
    ::pthread_kill(::pthread_self(), SIGUSR1);
    ASSERT_TRUE(printed.wait(5s));
    EXPECT_THAT(text, HasSubstr("main (id "));
    EXPECT_THAT(text, HasSubstr("waits for an Event"));
    testing::internal::CaptureStderr();
    print_run_info();
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("main (id "));
}

}  // namespace
}  // namespace grove
