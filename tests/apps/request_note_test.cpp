#include <grove/http/request_note.h>

#include <string>

#include <gtest/gtest.h>

#include "scoreboard.h"
#include "worker_notes.h"

namespace grove::http {
namespace {

TEST(RequestNote, IsOfTheLastThatBeganUntilThatEnds) {
    RequestNote note;
    EXPECT_EQ(note.text(), "");
    const int first = 0;
    const int second = 0;
    note.begin(&first, "GET", "/first");
    EXPECT_EQ(note.text(), "GET /first");
    note.begin(&second, "POST", "/second");
    note.end(&first);
    EXPECT_EQ(note.text(), "POST /second");
    note.end(&second);
    EXPECT_EQ(note.text(), "");
}

TEST(RequestNote, HoldsTheBeginningOfALongPath) {
    RequestNote note;
    note.begin(&note, "GET", "/" + std::string(5000, 'x'));
    EXPECT_EQ(note.text().size(), RequestNote::kMostBytes);
    EXPECT_TRUE(note.text().starts_with("GET /xxx"));
    note.begin(&note, std::string(5000, 'M'), "/path");
    EXPECT_EQ(note.text().size(), RequestNote::kMostBytes);
}

//
TEST(LongestRequests, AreReadInOrderAndEscapedWhateverStandsThere) {
    LongestRequests note;
    note.asked = 1;
    RequestInfo brief{.method = "GET", .path = "/brief", .age = Duration{1000}, .greenlet = 1};
    RequestInfo old{.method = "PUT", .path = "/old", .age = Duration{5000000}, .greenlet = 2};
    RequestInfo waits{.method = "GET", .path = "/waits", .age = Duration{9000000}, .greenlet = 0};
    note.answer({brief, waits, old}, [](std::uint64_t) { return std::string{"id"}; });
    const Timer::Instant now{std::int64_t{1} << 62};
    const auto told = note.read(7, now);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].path, "/old");
    EXPECT_EQ(told[1].path, "/brief");

    note.count = 4000000000U;
    note.entries[0].began = -1;
    note.entries[0].path.fill('\x1b');
    const auto wild = note.read(7, now);
    ASSERT_EQ(wild.size(), LongestRequests::kMost);
    EXPECT_EQ(wild[0].began, Timer::Instant{0});
    EXPECT_EQ(wild[0].path.find('\x1b'), std::string::npos);
    EXPECT_EQ(wild[0].path.substr(0, 4), "\\x1b");
}

TEST(LongestRequests, OfOneWorkerMayBeAllThatAreTold) {
    LongestRequests note;
    note.asked = 1;
    std::vector<RequestInfo> running;
    for (std::uint64_t greenlet = 1; greenlet <= 12; ++greenlet) {
        running.push_back({.method = "GET",
                           .path = "/",
                           .age = Duration{static_cast<Duration::rep>(greenlet)},
                           .greenlet = greenlet});
    }
    note.answer(running, [](std::uint64_t greenlet) { return std::to_string(greenlet); });
    const auto told = longest_of(note.read(7, Timer::Instant{std::int64_t{1} << 62}));
    ASSERT_EQ(told.size(), 10U);
    EXPECT_EQ(told.front().id, "12");
    EXPECT_EQ(told.back().id, "3");
}

TEST(LongestRequests, OfAllWorkersAreTenAndTheLongestFirst) {
    std::vector<RunningRequest> all;
    for (pid_t worker = 1; worker <= 4; ++worker) {
        for (int began = 0; began < 5; ++began)
            all.push_back({.worker = worker, .began = Timer::Instant{1000 * began + worker}});
    }
    const auto longest = longest_of(all);
    ASSERT_EQ(longest.size(), 10U);
    EXPECT_EQ(longest[0].worker, 1);
    for (std::size_t i = 1; i < longest.size(); ++i)
        EXPECT_LT(longest[i - 1].began, longest[i].began);
    EXPECT_EQ(longest[9].began, Timer::Instant{2002});
    EXPECT_TRUE(longest_of({}).empty());
}

//
TEST(Scoreboard, TellsWhatTheThreadOfACrashWasAt) {
    Scoreboard board;
    const Scoreboard::Place place = board.take();
    place.notes().crash_thread.blame("GET", "/job\n");
    EXPECT_EQ(place.last_words(), " while it ran GET /job\\x0a, with 0 requests in flight");
    place.notes().crash_thread.describe("5f0c\"\n", "");
    place.metrics().in_flight.add(1);
    place.metrics().note.blame("GET", "/other");
    EXPECT_EQ(place.last_words(),
              " while it ran GET /job\\x0a (request 5f0c\"\\x0a), with 1 request in flight");
}

TEST(Scoreboard, TellsWhatADeadWorkerWasAt) {
    Scoreboard board;
    const Scoreboard::Place place = board.take();
    EXPECT_EQ(place.last_words(), "");
    place.metrics().in_flight.add(2);
    EXPECT_EQ(place.last_words(), " with 2 requests in flight");
    place.metrics().note.begin(&place, "GET", "/a\n\x1b");
    EXPECT_EQ(place.last_words(), " with 2 requests in flight, the last begun GET /a\\x0a\\x1b");
    place.metrics().note.blame("GET", "/b");
    EXPECT_EQ(place.last_words(), " while it ran GET /b, with 2 requests in flight");
    place.metrics().note.describe("5f0c", "", 7);
    EXPECT_EQ(place.last_words(), " while it ran GET /b, stream 7, with 2 requests in flight");
}

}  // namespace
}  // namespace grove::http
