// What a server counts of its requests and connections.
#include <chrono>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ServerMetrics;

GREENLET_TEST(ServerMetrics, CountEveryRequestByTheStatusOfItsAnswer) {
    ServerMetrics metrics;
    {
        ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                     if (environ["PATH_INFO"] == "/boom")
                                         throw std::runtime_error{"boom"};
                                     environ.input().read();
                                     start("200 OK", {});
                                     return http::Body{"hello"};
                                 },
                                 {.metrics = &metrics}};
        served.ask(get() + get());
        served.ask(get("/boom"));
        served.ask("bad\r\n");
        served.ask(get("/" + std::string(9000, 'x')));
        {
            Client client{served.address()};
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
            client.finish_sending();
            EXPECT_TRUE(client.at_end());
        }
        { const Client silent{served.address()}; }
        EXPECT_TRUE(served.quiet());
    }

    EXPECT_EQ(metrics.requests[200].value(), 2U);
    EXPECT_EQ(metrics.requests[500].value(), 1U);
    EXPECT_EQ(metrics.requests[400].value(), 1U);
    EXPECT_EQ(metrics.requests[414].value(), 1U);
    EXPECT_EQ(metrics.requests[0].value(), 1U);  // its client went
    std::uint64_t durations = 0;
    for (const http::Tally& tally : metrics.durations) durations += tally.value();
    EXPECT_EQ(durations, 4U);  // of those that had a whole head
}

GREENLET_TEST(ServerMetrics, TellWhatIsOpenAndWhatRuns) {
    ServerMetrics metrics;
    Event go;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
                                 go.wait();
                                 start("200 OK", {});
                                 return http::Body{"hello"};
                             },
                             {.spawn = 1, .metrics = &metrics}};
    const auto shows = [&](std::uint64_t connections, std::uint64_t idle, std::uint64_t in_flight,
                           std::uint64_t in_use) {
        for (int turns = 0; turns < 5000; ++turns) {
            if (metrics.connections.value() == connections && metrics.idle.value() == idle &&
                metrics.in_flight.value() == in_flight && metrics.pool_in_use.value() == in_use)
                return true;
            sleep(1ms);
        }
        return false;
    };
    {
        Client silent{served.address()};
        Client half{served.address()};
        half.send("GET / HT");
        Client runs{served.address()};
        runs.send(get());
        EXPECT_TRUE(shows(3, 1, 1, 1));
        Client waits{served.address()};
        waits.send(get());
        EXPECT_TRUE(shows(4, 1, 2, 1));
        go.set();
        EXPECT_EQ(runs.brief(), "200 hello");
        EXPECT_EQ(waits.brief(), "200 hello");
        EXPECT_TRUE(shows(4, 3, 0, 0));
        runs.send(get() + get());
        EXPECT_EQ(runs.brief(), "200 hello");
        EXPECT_EQ(runs.brief(), "200 hello");
        EXPECT_TRUE(shows(4, 3, 0, 0));
    }
    EXPECT_TRUE(shows(0, 0, 0, 0));
}

GREENLET_TEST(ServerMetrics, AreAsBeforeAfterAStopThatKills) {
    ServerMetrics metrics;
    {
        Event never;
        ServedApplication served{[&](http::Environ&, http::StartResponse&) -> http::Body {
                                     never.wait();
                                     return {};
                                 },
                                 {.spawn = 1, .metrics = &metrics}};
        Client runs{served.address()};
        runs.send(get());
        Client waits{served.address()};
        waits.send(get());
        while (metrics.in_flight.value() < 2) sleep(1ms);
        served.server.stop(Duration::zero());
        EXPECT_EQ(runs.answer().status, 503);
        EXPECT_EQ(waits.answer().status, 503);
        EXPECT_EQ(metrics.in_flight.value(), 0U);
        EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    }
    EXPECT_EQ(metrics.connections.value(), 0U);
    EXPECT_EQ(metrics.idle.value(), 0U);
    EXPECT_EQ(metrics.requests[503].value(), 2U);
}

}  // namespace
}  // namespace grove::test
