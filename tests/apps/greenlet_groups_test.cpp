// What a report of a worker's greenlets tells of thousands (O-037, O-038).
#include "greenlet_groups.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/wait.h>

#include "fake_clock.h"
#include "greenlet_report.h"
#include "greenlet_test.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::MatchesRegex;
using testing::SizeIs;

// Those that wait for `event`, in the greenlets' order.
std::vector<GreenletGroup> waiting_groups() {
    std::vector<GreenletGroup> groups = greenlet_groups();
    std::erase_if(groups,
                  [](const GreenletGroup& group) { return group.first.waits_for != "an Event"; });
    return groups;
}

FAKE_CLOCK_TEST(GreenletGroups, TellOfEqualStacksOnce) {
    Event event;
    const auto wait = [&event] { event.wait(); };
    std::vector<AnyGreenlet> waiting;
    for (int i = 0; i < 150; ++i) waiting.emplace_back(spawn(wait));
    sleep(5ms);
    waiting.emplace_back(spawn(wait));
    waiting.emplace_back(spawn(SpawnOptions{.name = "reader"}, wait));
    sleep(1ms);

    const std::vector<GreenletGroup> groups = waiting_groups();
    ASSERT_THAT(groups, SizeIs(2));
    EXPECT_THAT(groups[0].ids, SizeIs(151));
    EXPECT_TRUE(std::is_sorted(groups[0].ids.begin(), groups[0].ids.end()));
    EXPECT_EQ(groups[0].ids.back(), waiting[150].id());
    EXPECT_THAT(
        begin_of(groups[0]),
        MatchesRegex("151 greenlets blocked in an Event, 1 to 6 ms old, ids [0-9, ]+ \u2026"));
    EXPECT_EQ(begin_of(groups[1]), "greenlet " + std::to_string(waiting[151].id()) +
                                       " \"reader\" blocked in an Event, 1 ms old");
    event.set();
    joinall(waiting);
}

// A stack of its own is a line of its own; each is named in full.
FAKE_CLOCK_TEST(GreenletGroups, TellApartWhatStandsElsewhere) {
    Event event;
    const AnyGreenlet one = spawn([&event] { event.wait(); });
    const AnyGreenlet other = spawn([&event] { event.wait(1h); });
    sleep();
    std::vector<std::uint64_t> ids;
    for (const GreenletGroup& group : waiting_groups()) ids.push_back(group.ids.at(0));
    EXPECT_THAT(ids, ElementsAre(one.id(), other.id()));
    event.set();
    joinall(std::vector{one, other});
}

// The greenlets of others have their turns: here each of a thousand ends at its second.
FAKE_CLOCK_TEST(GreenletGroups, LetOthersRunAfterEachHundred) {
    Event never;
    std::vector<AnyGreenlet> waiting;
    for (int i = 0; i < 1000; ++i) waiting.emplace_back(spawn([&never] { never.wait(); }));
    sleep();
    int turns = 0;
    const AnyGreenlet other = spawn([&turns] {
        for (;;) {
            ++turns;
            sleep();
        }
    });
    const std::vector<GreenletGroup> groups = waiting_groups();
    EXPECT_EQ(turns, 10);
    ASSERT_THAT(groups, SizeIs(1));
    EXPECT_THAT(groups[0].ids, SizeIs(1000));
    other.kill();
    for (const AnyGreenlet& greenlet : waiting) greenlet.kill();
}

FAKE_CLOCK_TEST(GreenletReport, OfRequestsLetsOthersRunAndLeavesOutThoseThatEndMeanwhile) {
    Event never;
    std::vector<AnyGreenlet> serving;
    std::vector<http::RequestInfo> requests;
    for (int i = 0; i < 250; ++i) {
        serving.emplace_back(spawn([&never] { never.wait(); }));
        requests.push_back({.method = "GET", .path = "/" + std::to_string(i)});
        requests.back().greenlet = serving.back().id();
    }
    requests.push_back({.method = "GET", .path = "/waits"});
    sleep();
    const AnyGreenlet other = spawn([&serving] { serving[249].kill(); });

    std::vector<std::string> lines;
    report_requests([&lines](http::LogLevel, std::string_view line) { lines.emplace_back(line); },
                    http::LogLevel::kWarn, "cut: ", requests);
    ASSERT_THAT(lines, SizeIs(250));
    EXPECT_THAT(lines[248],
                MatchesRegex("cut: GET /248, .*\"Greenlet-[0-9]+\" blocked in an Event.*"));
    EXPECT_THAT(lines[249], MatchesRegex("cut: GET /waits, .* waits for its body or a slot"));
    other.join();
    for (const AnyGreenlet& greenlet : serving) greenlet.kill();
}

}  // namespace
}  // namespace grove
