// EventStream: what its client is sent, and when it ends (SSE-001 to SSE-003).
#include <grove/http/event_stream.h>

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/testing.h>

#include "event_streams.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using http::Body;
using http::Environ;
using http::EventStream;
using http::ServerSentEvent;
using http::StartResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

FAKE_CLOCK_TEST(EventStream, IsTheseBytes) {  // SSE-001
    ServedApplication served{streaming([](EventStream& events) {
        EXPECT_TRUE(events.send({.data = "one\ntwo", .event = "news", .id = "7", .retry = 3s}));
        EXPECT_TRUE(events.send({.data = "x"}));
    })};
    const std::string said = served.say(get("/", "Connection: close\r\n"));
    EXPECT_EQ(std::regex_replace(said, std::regex{"Date: [^\r]*"}, "Date: D"),
              "HTTP/1.1 200 OK\r\n"
              "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
              "X-Accel-Buffering: no\r\nDate: D\r\nTransfer-Encoding: chunked\r\n"
              "Connection: close\r\n\r\n"
              "3\r\n:\n\n\r\n"
              "33\r\nevent: news\nid: 7\nretry: 3000\ndata: one\ndata: two\n\n\r\n"
              "9\r\ndata: x\n\n\r\n"
              "0\r\n\r\n");
    EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
    EXPECT_THAT(served.access_bytes, ElementsAre(63U));
    EXPECT_THAT(served.errors, IsEmpty());
}

FAKE_CLOCK_TEST(EventStream, SplitsDataWhereALineMayEnd) {  // SSE-001
    const struct {
        ServerSentEvent event;
        std::string text;
    } rows[] = {
        {{.data = "a\nb"}, "data: a\ndata: b\n\n"},
        {{.data = "a\rb"}, "data: a\ndata: b\n\n"},
        {{.data = "a\r\nb"}, "data: a\ndata: b\n\n"},
        {{.data = "a\n\rb"}, "data: a\ndata: \ndata: b\n\n"},
        {{.data = "a\r\r\nb"}, "data: a\ndata: \ndata: b\n\n"},
        {{.data = "a\n\n"}, "data: a\ndata: \ndata: \n\n"},
        {{.data = "a\r"}, "data: a\ndata: \n\n"},
        {{.data = "\r\n"}, "data: \ndata: \n\n"},
        {{.data = " a: b"}, "data:  a: b\n\n"},
        {{.data = "\0\xff"s}, "data: \0\xff\n\n"s},
        {{}, "data: \n\n"},
        {{.event = "e"}, "event: e\ndata: \n\n"},
        {{.id = "i"}, "id: i\n\n"},
        {{.id = "i", .retry = 0s}, "id: i\nretry: 0\n\n"},
        {{.retry = 1999us}, "retry: 1\n\n"},
        {{.retry = Duration::max()}, "retry: 9223372036854\n\n"},
        {{.data = "d", .id = "i"}, "id: i\ndata: d\n\n"},
        {{.event = "message", .id = "i"}, "event: message\nid: i\ndata: \n\n"},
    };
    for (const auto& row : rows) {
        ServedApplication served{
            streaming([&](EventStream& events) { EXPECT_TRUE(events.send(row.event)); })};
        EXPECT_EQ(served.ask(get()).body, ":\n\n" + row.text);
    }
}

FAKE_CLOCK_TEST(EventStream, RefusesWhatWouldBeAnotherField) {  // SSE-001
    ServedApplication served{streaming([](EventStream& events) {
        for (const std::string end : {"\r", "\n", "\r\n"}) {
            EXPECT_THROW(events.send({.data = "d", .event = "a" + end}), std::invalid_argument);
            EXPECT_THROW(events.send({.data = "d", .event = end + "data: b"}),
                         std::invalid_argument);
            EXPECT_THROW(events.send({.data = "d", .id = "a" + end + "data: b"}),
                         std::invalid_argument);
        }
        EXPECT_THROW(events.send({.data = "d", .id = "a\0b"s}), std::invalid_argument);
        EXPECT_THROW(events.send({.data = "d", .retry = -1ns}), std::invalid_argument);
    })};
    EXPECT_EQ(served.ask(get()).body, ":\n\n");
}

FAKE_CLOCK_TEST(EventStream, KnowsTheLastEventIdOfAClientThatComesAgain) {  // SSE-002
    ServedApplication served{streaming(
        [](EventStream& events) { events.send({.data = "after " + events.last_event_id()}); })};
    EXPECT_EQ(served.ask(get("/", "Last-Event-ID: 41\r\n")).body, ":\n\ndata: after 41\n\n");
    EXPECT_EQ(served.ask(get()).body, ":\n\ndata: after \n\n");
}

FAKE_CLOCK_TEST(EventStream, SendsACommentWhenNothingElseWasForAWhile) {  // SSE-002
    ServedApplication served{streaming([](EventStream& events) {
        EXPECT_TRUE(events.wait(40s));
        EXPECT_TRUE(events.send({.data = "x"}));
        EXPECT_TRUE(events.wait(29s));
    })};
    Client client{served.address()};
    client.send(get());
    sleep(70s);
    // At 15 and 30, and 15 after the event of 40.
    EXPECT_EQ(client.answer().body, ":\n\n:\n\n:\n\ndata: x\n\n:\n\n");
}

// Also where the application waits for something else.
FAKE_CLOCK_TEST(EventStream, SendsCommentsAsOftenAsItIsToldTo) {  // SSE-002
    ServedApplication served{[](Environ& environ, StartResponse& start) -> Body {
        EventStream events{environ, start, 1s};
        sleep(3500ms);
        return {};
    }};
    EXPECT_EQ(served.ask(get()).body, ":\n\n:\n\n:\n\n:\n\n");
}

FAKE_CLOCK_TEST(EventStream, NeedsSomeTimeForKeepAlive) {  // SSE-002
    for (const Duration never : {0s, -1s}) {
        ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
            EXPECT_THROW((EventStream{environ, start, never}), std::invalid_argument);
            start("200 OK", {});
            return "none";
        }};
        EXPECT_EQ(served.ask(get()).body, "none");
    }
}

FAKE_CLOCK_TEST(EventStream, AnswersHeadAtOnce) {  // SSE-001
    ServedApplication served{streaming([](EventStream& events) {
        EXPECT_FALSE(events.wait());
        EXPECT_FALSE(events.send({.data = "x"}));
    })};
    Client client{served.address()};
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.answer(true).field("content-type"), "text/event-stream");
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.answer(true).status, 200) << "the connection is as any other";
}

FAKE_CLOCK_TEST(EventStream, EndsWithTheConnectionForAClientOfHttp10) {  // SSE-001
    ServedApplication served{streaming([](EventStream& events) { events.send({.data = "x"}); })};
    const std::string said = served.say("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(said, ::testing::EndsWith("\r\n\r\n:\n\ndata: x\n\n"));
}

FAKE_CLOCK_TEST(EventStream, LeavesItsConnectionToFurtherRequests) {  // SSE-003
    ServedApplication served{streaming([](EventStream& events) { events.send({.data = "x"}); })};
    Client client{served.address()};
    for (int i = 0; i < 2; ++i) {
        client.send(get());
        EXPECT_EQ(client.brief(), "200 :\n\ndata: x\n\n");
    }
}

// ---- its end

FAKE_CLOCK_TEST(EventStream, IsOverOnceItsClientHasGone) {  // SSE-002
    const std::vector<std::function<void(Client&)>> ways{
        [](Client& client) { client.close(); },
        [](Client& client) { client.reset(); },
    };
    for (const auto& go : ways) {
        std::optional<Duration> gone_at;
        ServedApplication served{streaming([&](EventStream& events) {
            EXPECT_FALSE(events.wait());
            gone_at = now();
            EXPECT_FALSE(events.wait(1h));
            EXPECT_FALSE(events.send({.data = "x"}));
            EXPECT_EQ(now(), *gone_at);
        })};
        Client client{served.address()};
        client.send(get());
        sleep(20s);
        const auto went = now();
        go(client);
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(gone_at, went);
        EXPECT_THAT(served.errors, IsEmpty());
        EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
    }
}

// As far as anybody knows; it may still read.
FAKE_CLOCK_TEST(EventStream, StillSendsToAClientThatHasSentItsEnd) {  // SSE-002
    ServedApplication served{streaming([](EventStream& events) {
        EXPECT_FALSE(events.wait());
        EXPECT_FALSE(events.send({.data = "x"}));
    })};
    Client client{served.address()};
    client.send(get());
    client.finish_sending();
    EXPECT_EQ(client.brief(), "200 :\n\ndata: x\n\n");
}

FAKE_CLOCK_TEST(EventStream, IsOverWithItsRequest) {  // SSE-003
    std::optional<EventStream> kept;
    ServedApplication served{streaming([&](EventStream& events) { kept = std::move(events); })};
    EXPECT_EQ(served.ask(get()).body, ":\n\n");
    EXPECT_FALSE(kept->send({.data = "x"}));
    EXPECT_FALSE(kept->wait(1h));
    EXPECT_TRUE(served.quiet());
}

FAKE_CLOCK_TEST(EventStream, TellsThoseWhoWaitOfItsEnd) {  // SSE-003
    for (const bool moved : {false, true}) {
        AnyGreenlet waiting;
        std::vector<bool> told;
        ServedApplication served{streaming([&](EventStream& events) {
            waiting = spawn([&] { told.push_back(events.wait()); });
            sleep(1s);
            if (moved) EventStream{std::move(events)}.send({.data = "x"});
        })};
        EXPECT_EQ(served.ask(get()).body, moved ? ":\n\ndata: x\n\n" : ":\n\n");
        waiting.join();
        EXPECT_THAT(told, ElementsAre(false));
    }
}

FAKE_CLOCK_TEST(EventStream, TakesTheOthersPlaceWhenItIsAssigned) {  // SSE-003
    std::optional<EventStream> kept;
    ServedApplication served{streaming([&](EventStream& events) {
        if (!kept) {
            kept = std::move(events);
            EXPECT_FALSE(kept->wait());
        } else {
            *kept = std::move(events);
            EXPECT_TRUE(kept->send({.data = kept->last_event_id()}));
        }
    })};
    Client first{served.address()};
    first.send(get());
    let_the_hub_turn();
    EXPECT_EQ(served.ask(get("/", "Last-Event-ID: 2\r\n")).body, ":\n\ndata: 2\n\n");
    EXPECT_EQ(first.brief(), "200 :\n\n") << "its stream was closed";
}

FAKE_CLOCK_TEST(EventStream, EndsByAKillAlsoAfterTheWake) {  // SSE-003, S-116
    for (const bool after_the_wake : {false, true}) {
        AnyGreenlet handler;
        std::optional<bool> told;
        ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
            EventStream events{environ, start};
            handler = getcurrent();
            // Behind the stream's own, which wakes the handler.
            if (after_the_wake)
                environ.disconnected().rawlink([&] { handler.kill(GreenletExit{}, false); });
            told = events.wait(10s);
            return {};
        }};
        Client client{served.address()};
        client.send(get());
        let_the_hub_turn();
        after_the_wake ? client.close() : handler.kill(GreenletExit{}, false);
        EXPECT_TRUE(served.quiet());
        EXPECT_TRUE(handler.dead());
        EXPECT_EQ(told, after_the_wake ? std::optional{false} : std::nullopt);
        EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
        EXPECT_THAT(served.errors, IsEmpty());
    }
}

// ---- in the company of others

FAKE_CLOCK_TEST(EventStream, HasTheSlotForOthersAndNoTimeOut) {  // SSE-003
    http::ServerMetrics metrics;
    http::WsgiOptions options;
    options.spawn = 1;
    options.metrics = &metrics;
    options.timeouts.request = 5s;
    ServedApplication served{streaming([](EventStream& events) {
                                 EXPECT_TRUE(events.wait(1h));
                                 events.send({.data = "x"});
                             }),
                             options};
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) clients.emplace_back(served.address()).send(get("/stream"));
    let_the_hub_turn();
    EXPECT_EQ(metrics.event_streams.value(), 20U);
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    EXPECT_EQ(served.server.requests().size(), 20U);
    sleep(1h);
    for (Client& client : clients)
        EXPECT_THAT(client.brief(), ::testing::EndsWith(":\n\ndata: x\n\n"));
    let_the_hub_turn();
    EXPECT_EQ(metrics.event_streams.value(), 0U);
}

FAKE_CLOCK_TEST(EventStream, IsRefusedBeyondTheLimit) {  // SSE-003
    for (const http::Spawn& how : {http::Spawn{}, http::Spawn{1}}) {
        http::ServerMetrics metrics;
        http::WsgiOptions options;
        options.spawn = how;
        options.metrics = &metrics;
        options.limits.event_streams = 1;
        ServedApplication served{streaming([](EventStream& events) { events.wait(); }), options};
        Client first{served.address()};
        first.send(get());
        let_the_hub_turn();

        Client second{served.address()};
        second.send(get());
        EXPECT_EQ(second.brief(), "503 Service Unavailable");
        EXPECT_THAT(served.errors, ElementsAre(::testing::EndsWith(
                                       "limits.event_streams: 1 event streams are open already")));
        first.close();
        let_the_hub_turn();
        second.send(get());
        let_the_hub_turn();
        EXPECT_EQ(metrics.event_streams.value(), 1U) << "there is room again";
    }
}

FAKE_CLOCK_TEST(EventStream, IsTheBusinessOfTheGreenletThatServes) {  // SSE-003
    ServedApplication served{[](Environ& environ, StartResponse& start) -> Body {
        spawn([&] { EXPECT_THROW((EventStream{environ, start}), std::logic_error); }).join();
        start("200 OK", {});
        EXPECT_THROW((EventStream{environ, start}), std::logic_error) << "the second start";
        return "none";
    }};
    EXPECT_EQ(served.ask(get()).body, "none");
}

FAKE_CLOCK_TEST(EventStream, GoesThroughTheWriteOfAMiddleware) {  // SSE-001
    std::vector<std::string> seen;
    const http::Application inner = streaming([](EventStream& events) {
        events.wait(20s);
        events.send({.data = "x"});
        EXPECT_FALSE(events.wait());
    });
    ServedApplication served{[&](Environ& environ, StartResponse& start) {
        StartResponse own{[&](std::string status, http::Headers headers, std::exception_ptr error) {
            headers.emplace_back("X-Mark", "m");
            const http::Write outer = start(std::move(status), std::move(headers), error);
            return http::Write{[&seen, outer](std::string_view text) {
                seen.emplace_back(text);
                outer(text);
            }};
        }};
        return inner(environ, own);
    }};
    Client client{served.address()};
    client.send(get());
    sleep(21s);
    served.server.stop(1h);
    const Answer answer = client.answer();
    EXPECT_EQ(answer.field("x-mark"), "m");
    EXPECT_EQ(answer.chunks, seen);
    EXPECT_THAT(seen,
                ElementsAre(":\n\n", ":\n\n", "data: x\n\n", ::testing::StartsWith("retry: ")));
}

FAKE_CLOCK_TEST(EventStream, IsSeenInProcessUpToItsFirstWait) {  // SSE-001
    http::TestClient client{streaming([](EventStream& events) {
        do {
            events.send({.data = "tick"});
        } while (events.wait(1s));
    })};
    const http::TestAnswer answer = client.get("/");
    EXPECT_EQ(answer.header("content-type"), "text/event-stream");
    EXPECT_EQ(answer.body, ":\n\ndata: tick\n\n");
    EXPECT_TRUE(answer.complete);
}

}  // namespace
}  // namespace grove::test
