// Environ::set_timeout(): a request has a time of its own.
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::StartResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Works for a while, sets its own time, and works on.
struct Timed {
    Duration before{};
    Timespan own{};
    Duration after{};

    http::Application application() const {
        return [*this](Environ& environ, StartResponse& start) {
            sleep(before);
            if (environ["PATH_INFO"] != "/plain") environ.set_timeout(own);
            sleep(after);
            start("200 OK", {});
            return Body{"told"};
        };
    }
};

FAKE_CLOCK_TEST(SetTimeout, CountsFromNowAndTakesThePlaceOfTheServers) {
    const struct {
        const char* name;
        Timespan servers;
        Timed timed;
        int status;
        Duration ends;
    } rows[] = {
        {"where there was none", {}, {3s, 2s, 1h}, 503, 5s},
        {"longer", 2s, {1s, 10s, 5s}, 200, 6s},
        {"longer, and it passes", 2s, {1s, 10s, 1h}, 503, 11s},
        {"shorter", 1h, {1s, 2s, 30s}, 503, 3s},
        {"none", 2s, {1s, {}, 1h}, 200, 1h + 1s},
    };
    for (const auto& row : rows) {
        http::WsgiOptions options;
        options.timeouts.request = row.servers;
        ServedApplication served{row.timed.application(), options};
        Client client{served.address()};
        client.send(get());
        const auto began = now();
        while (served.access_lines.empty()) sleep(500ms);
        EXPECT_EQ(now() - began, row.ends) << row.name;
        EXPECT_EQ(client.answer().status, row.status) << row.name;
        if (row.status == 503) {
            ASSERT_EQ(served.errors.size(), 1U) << row.name;
            EXPECT_THAT(served.errors.front(), HasSubstr(": cut off by set_timeout()"));
        } else {
            EXPECT_THAT(served.errors, IsEmpty()) << row.name;
        }
    }
}

FAKE_CLOCK_TEST(SetTimeout, TheLastOneCounts) {
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        environ.set_timeout(1s);
        environ.set_timeout({});
        sleep(5s);
        environ.set_timeout(2s);
        sleep(1s);
        environ.set_timeout(2s);
        sleep(1500ms);
        start("200 OK", {});
        return Body{"told"};
    }};
    EXPECT_EQ(served.ask(get()).body, "told");
}

FAKE_CLOCK_TEST(SetTimeout, BoundsTheRestAfterTheHead) {
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        const http::Write write = start("200 OK", {});
        write("some");
        environ.set_timeout(2s);
        sleep(1h);
        return Body{"rest"};
    }};
    Client client{served.address()};
    client.send(get());
    const auto began = now();
    EXPECT_THROW(client.answer(), BadAnswer) << "no last chunk";
    EXPECT_EQ(now() - began, 2s);
    EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
}

FAKE_CLOCK_TEST(SetTimeout, IsOfThisRequestAlone) {
    http::WsgiOptions options;
    options.timeouts.request = 2s;
    ServedApplication served{Timed{1s, 10s, 4s}.application(), options};
    Client client{served.address()};
    client.send(get());
    EXPECT_EQ(client.brief(), "200 told");
    client.send(get("/plain"));
    const auto began = now();
    EXPECT_EQ(client.answer().status, 503);
    EXPECT_EQ(now() - began, 2s);
    ASSERT_EQ(served.errors.size(), 1U);
    EXPECT_THAT(served.errors.front(), HasSubstr(": cut off by timeouts.request"));
}

FAKE_CLOCK_TEST(SetTimeout, LeavesAnAnswerThatIsMadeToItsClient) {
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        start("200 OK", {});
        return Body{"told"}.on_close([&environ] {
            environ.set_timeout(1s);
            sleep(5s);
        });
    }};
    EXPECT_EQ(served.ask(get()).body, "told");
    EXPECT_THAT(served.errors, IsEmpty());
}

FAKE_CLOCK_TEST(SetTimeout, IsHeldAgainstWhoSwallowsIt) {  // A-013, O-075
    http::ServerMetrics metrics;
    ServedApplication served{[](Environ& environ, StartResponse& start) {
                                 environ.set_timeout(5s);
                                 try {
                                     sleep(1h);
                                 } catch (...) {  // on purpose
                                 }
                                 try {
                                     sleep(1h);
                                 } catch (...) {
                                 }
                                 start("200 OK", {});
                                 return Body{"late"};
                             },
                             {.metrics = &metrics}};
    Client client{served.address()};
    client.send(get("/slow"));
    const auto began = now();
    EXPECT_THROW(client.read_to_end(), std::system_error) << "reset";
    EXPECT_EQ(now() - began, 6s);
    EXPECT_EQ(metrics.unkillable.value(), 1U);
    ASSERT_EQ(served.errors.size(), 1U);
    EXPECT_THAT(served.errors.front(), HasSubstr(": goes on a second after set_timeout()"));
    EXPECT_TRUE(served.quiet());
}

FAKE_CLOCK_TEST(SetTimeout, IsForTheGreenletThatServesAlone) {
    ServedApplication served{[](Environ& environ, StartResponse& start) {
        const auto other =
            spawn([&environ] { EXPECT_THROW(environ.set_timeout(1s), std::logic_error); });
        other.join();
        sleep(5s);
        start("200 OK", {});
        return Body{"told"};
    }};
    EXPECT_EQ(served.ask(get()).body, "told");
}

FAKE_CLOCK_TEST(SetTimeout, IsNothingAfterAnUpgrade) {  // A-013, S-135
    bool refused = false;
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        environ.set_timeout(2s);
        start("101 Switching Protocols", {{"Connection", "Upgrade"}, {"Upgrade", "echo"}});
        environ.upgrade();
        try {
            environ.set_timeout(1s);
        } catch (const std::logic_error&) {
            refused = true;
        }
        sleep(10s);
        return Body{};
    }};
    Client client{served.address()};
    client.send(get("/", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
    EXPECT_EQ(client.answer().status, 101);
    while (served.server.requests_running() != 0) sleep(1s);
    EXPECT_TRUE(refused);
    EXPECT_THAT(served.errors, IsEmpty());
}

}  // namespace
}  // namespace grove::test
