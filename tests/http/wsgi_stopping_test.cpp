// grove::http::stopping(): what lasts ends by itself when the server stops.
#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/stopping.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::StartResponse;

/// A piece a second, until the server stops.
Body tick_until_told(Environ&, StartResponse& start) {
    start("200 OK", {});
    return Body{[over = false]() mutable -> std::optional<std::string> {
        if (over) return std::nullopt;
        over = http::stopping().wait(1s);
        return over ? "over" : ".";
    }};
}

FAKE_CLOCK_TEST(Stopping, IsSetBeforeAnythingIsCut) {
    ServedApplication served{tick_until_told};
    Client client{served.address()};
    client.send(get());
    sleep(2500ms);
    EXPECT_FALSE(http::stopping().is_set());
    const auto began = now();
    served.server.stop(1h);
    EXPECT_EQ(now(), began) << "it ended by itself";
    EXPECT_EQ(client.answer().body, "..over");
    EXPECT_TRUE(http::stopping().is_set());
}

FAKE_CLOCK_TEST(Stopping, IsSetByARetirementButNotByAClose) {
    ServedApplication closed{tick_until_told};
    ServedApplication retired{tick_until_told};
    Client client{retired.address()};
    client.send(get());
    sleep(500ms);
    closed.server.close();
    EXPECT_FALSE(http::stopping().is_set());
    retired.server.retire();
    EXPECT_TRUE(http::stopping().is_set());
    EXPECT_EQ(client.answer().body, "over");
}

FAKE_CLOCK_TEST(Stopping, IsSetByAStopOfWhatWasClosed) {
    ServedApplication served{tick_until_told};
    served.server.close();
    EXPECT_FALSE(http::stopping().is_set());
    served.server.stop();
    EXPECT_TRUE(http::stopping().is_set());
}

FAKE_CLOCK_TEST(Stopping, IsOverWhenAServerStarts) {
    ServedApplication served{tick_until_told};
    Event* const first = &http::stopping();
    served.server.stop();
    EXPECT_TRUE(http::stopping().is_set());
    served.server.start();
    EXPECT_EQ(&http::stopping(), first);
    EXPECT_FALSE(http::stopping().is_set());
    served.server.stop();
    served.server.start();
    served.server.start();  // has no effect
    EXPECT_FALSE(http::stopping().is_set());
}

FAKE_CLOCK_TEST(Stopping, WakesABackgroundGreenletOfTheHubToo) {
    ServedApplication served{tick_until_told};
    const auto background = spawn([] { http::stopping().wait(); });
    sleep(1s);
    served.server.stop();
    EXPECT_TRUE(background.join(1s));
}

// The hub goes before whoever waits for it is told, or killed.
GREENLET_TEST_LEAVING_GREENLETS(Stopping, MayBeWaitedForWhenTheThreadEnds) {
    spawn([] { http::stopping().wait(); });
    sleep();
    EXPECT_FALSE(http::stopping().is_set());
}

}  // namespace
}  // namespace grove::test
