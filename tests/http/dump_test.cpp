// What applications add to a dump of their worker, and ask of it.
#include <grove/http/dump.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/http/worker.h>

#include "dump_lines.h"
#include "greenlet_test.h"
#include "worker_host.h"

namespace grove::test {
namespace {

using http::dump_lines;
using http::on_dump;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

struct Forgotten {
    ~Forgotten() { http::forget_dumps(); }
};

GREENLET_TEST(Dump, HasTheLinesOfEachFunctionInTheOrderOfTheirComing) {
    const Forgotten at_the_end;
    EXPECT_THAT(dump_lines(), IsEmpty());
    int calls = 0;
    on_dump([&](std::ostream& out) { out << "calls: " << ++calls << "\n\nlast"; });
    std::thread{[] { on_dump([](std::ostream& out) { out << "second\n"; }); }}.join();
    on_dump([](std::ostream&) {});
    EXPECT_THAT(dump_lines(), ElementsAre("calls: 1", "", "last", "second"));
    EXPECT_THAT(dump_lines(), ElementsAre("calls: 2", "", "last", "second"));
    EXPECT_THROW(on_dump({}), std::invalid_argument);
}

GREENLET_TEST(Dump, TellsWhatAFunctionThrows) {
    const Forgotten at_the_end;
    on_dump([](std::ostream& out) {
        out << "begun\n";
        throw std::runtime_error{"no more"};
    });
    on_dump([](std::ostream&) { throw 42; });
    on_dump([](std::ostream&) { throw Timeout{0, 1s}; });
    on_dump([](std::ostream&) { throw GreenletExit{}; });
    on_dump([](std::ostream&) {
        const TimeoutGuard its_own{1ms};
        sleep(1h);
    });
    on_dump([](std::ostream& out) { out << "others go on"; });
    EXPECT_THAT(
        dump_lines(),
        ElementsAre("begun", "on_dump: failed: std::runtime_error: no more", "on_dump: failed: int",
                    "on_dump: failed: grove::Timeout: 1s", "on_dump: failed: grove::GreenletExit",
                    "on_dump: failed: grove::Timeout: 1ms", "others go on"));
}

GREENLET_TEST(Dump, IsCutAtOneMebibyteInAll) {
    const Forgotten at_the_end;
    on_dump([](std::ostream& out) { out << std::string(http::kMostDumpBytes - 3, 'x') << '\n'; });
    on_dump([](std::ostream& out) {
        out << "12"
            << "34" << '5';
    });
    on_dump([](std::ostream& out) { out << "there is no room for this, either"; });
    on_dump([](std::ostream&) {});
    const std::vector<std::string> lines = dump_lines();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].size(), http::kMostDumpBytes - 3);
    EXPECT_EQ(lines[1], "12");
    EXPECT_EQ(lines[2], "on_dump: the rest is cut, there is more than 1 MiB");
}

FAKE_CLOCK_TEST(Dump, WaitsASecondForAFunctionThatBlocks) {
    const Forgotten at_the_end;
    on_dump([](std::ostream& out) {
        out << "waits\n";
        Event{}.wait();
    });
    EXPECT_THAT(dump_lines(),
                ElementsAre("waits", "on_dump: failed: it took longer than a second"));
}

GREENLET_TEST(Dump, EndsWithTheGreenletThatAsksForIt) {
    const Forgotten at_the_end;
    Event never;
    bool entered = false;
    int left = 0;
    on_dump([&](std::ostream&) {
        struct Leaves {
            int& count;
            ~Leaves() { ++count; }
        } const leaves{left};
        entered = true;
        never.wait();
    });
    bool returned = false;
    const auto asks = spawn([&] {
        dump_lines();
        returned = true;
    });
    while (!entered) sleep();
    asks.kill();
    EXPECT_FALSE(returned);
    EXPECT_EQ(left, 1) << "the function has ended before";

    // By an outer time-out, too.
    const TimeoutGuard outer{1ms};
    try {
        dump_lines();
        ADD_FAILURE();
    } catch (const Timeout& timeout) {
        EXPECT_TRUE(outer.threw(timeout));
    }
    EXPECT_EQ(left, 2);
}

GREENLET_TEST(Dump, KeepsNothingOfAFunctionThatIsForgotten) {
    const auto kept = std::make_shared<int>(1);
    on_dump([kept](std::ostream& out) { out << *kept; });
    EXPECT_EQ(kept.use_count(), 2);
    http::forget_dumps();
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_THAT(dump_lines(), IsEmpty());
}

TEST(ReplaceWorker, IsAskedOfTheHostAndOfNoProgram) {
    EXPECT_THROW(http::replace_worker("x"), std::logic_error);
    std::vector<std::string> reasons;
    {
        const http::WorkerHost host{[&](std::string_view reason) { reasons.emplace_back(reason); }};
        http::replace_worker("it has grown");
        std::thread{[] { http::replace_worker(""); }}.join();
    }
    EXPECT_THAT(reasons, ElementsAre("it has grown", ""));
    EXPECT_THROW(http::replace_worker("x"), std::logic_error);
}

}  // namespace
}  // namespace grove::test
