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
}

}  // namespace
}  // namespace grove::http
