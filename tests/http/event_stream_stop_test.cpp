// EventStream at a stop, with clients that read slowly, and with several senders (SSE-001 to SSE-003).
#include <grove/http/event_stream.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "event_streams.h"
#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "tls_authority.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::EventStream;
using http::StartResponse;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr std::size_t kMuch = 12'000'000;  // more than any kernel keeps for a client
constexpr const char* kLastWord = "retry: [1-5][0-9][0-9][0-9]\n\n";

std::vector<Client> asking(const ServedApplication& served, int count) {
    std::vector<Client> clients;
    for (int i = 0; i < count; ++i) clients.emplace_back(served.address()).send(get());
    let_the_hub_turn();
    return clients;
}

FAKE_CLOCK_TEST(EventStreamStop, EndsEachAtOnceWithALastRetry) {  // SSE-003
    ServedApplication served{streaming([](EventStream& events) {
        while (events.send({.data = "x"}) && events.wait(1s)) {
        }
        EXPECT_FALSE(events.send({.data = "late"}));
    })};
    std::vector<Client> clients = asking(served, 100);
    const auto began = now();
    served.server.stop(1h);
    EXPECT_EQ(now(), began);
    EXPECT_EQ(served.server.requests_running(), 0U);
    std::set<std::string> words;
    for (Client& client : clients) {
        const Answer answer = client.answer();
        ASSERT_EQ(answer.chunks.size(), 3U);
        EXPECT_THAT(answer.chunks.back(), MatchesRegex(kLastWord));
        const int time = std::stoi(answer.chunks.back().substr(7));
        EXPECT_LE(time, 5000);
        words.insert(answer.chunks.back());
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_GT(words.size(), 10U) << "they do not come back at once";
    EXPECT_THAT(served.errors, IsEmpty());
    EXPECT_EQ(served.access_lines, std::vector<std::string>(100, "200 GET / HTTP/1.1"));
}

// Such as for a queue of its own, which knows nothing of a stop.
FAKE_CLOCK_TEST(EventStreamStop, EndsWhoWaitsForSomethingElse) {  // SSE-003
    ServedApplication served{streaming([](EventStream&) { Event{}.wait(); })};
    std::vector<Client> clients = asking(served, 2);
    const auto began = now();
    served.server.stop(1h);
    EXPECT_EQ(now() - began, 1s);
    for (Client& client : clients)
        EXPECT_THAT(client.read_to_end(), ::testing::ContainsRegex(kLastWord));
    EXPECT_THAT(served.errors, IsEmpty());
}

FAKE_CLOCK_TEST(EventStreamStop, LeavesTimeToWhomItHasTold) {  // SSE-003
    bool ended = false;
    ServedApplication served{streaming([&](EventStream& events) {
        EXPECT_FALSE(events.wait());
        sleep(5s);
        ended = true;
    })};
    std::vector<Client> clients = asking(served, 1);
    const auto began = now();
    served.server.stop(1h);
    EXPECT_EQ(now() - began, 5s);
    EXPECT_TRUE(ended);
    EXPECT_THAT(clients[0].answer().chunks, ElementsAre(":\n\n", MatchesRegex(kLastWord)));
}

FAKE_CLOCK_TEST(EventStreamStop, EndsOneWhoseClientHasGoneUnnoticed) {  // SSE-003
    ServedApplication served{streaming([](EventStream&) { Event{}.wait(); })};
    asking(served, 1);
    let_the_hub_turn();
    const auto began = now();
    served.server.stop(1h);
    EXPECT_EQ(now() - began, 1s);
}

FAKE_CLOCK_TEST(EventStreamStop, EndsOneThatBeginsMeanwhile) {  // SSE-003
    const http::Application stream = streaming([](EventStream& events) {
        EXPECT_FALSE(events.wait());
        EXPECT_FALSE(events.send({.data = "x"}));
    });
    ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
        if (environ["PATH_INFO"] != "/") return stream(environ, start);
        start("200 OK", {});
        return "plain";
    }};
    Client client{served.address()};
    client.send(get());
    EXPECT_EQ(client.brief(), "200 plain");
    served.server.retire();
    client.send(get("/stream"));
    EXPECT_THAT(client.answer().chunks, ElementsAre(":\n\n", MatchesRegex(kLastWord)));
}

// Sent by the application, or beside it.
FAKE_CLOCK_TEST(EventStreamStop, IsNotHeldByAClientThatDoesNotRead) {  // SSE-003
    for (const bool beside : {false, true}) {
        ServedApplication served{streaming([&](EventStream& events) {
            const auto send = [&events] { return events.send({.data = std::string(kMuch, 'x')}); };
            if (!beside) return static_cast<void>(send());
            auto sender = spawn(send);
            EXPECT_FALSE(events.wait());
            sender.join();
            EXPECT_FALSE(sender.get());
        })};
        std::vector<Client> clients = asking(served, 1);
        const auto began = now();
        served.server.stop(1h);
        EXPECT_LE(now() - began, 1s);
        EXPECT_THAT(served.errors, IsEmpty());
        EXPECT_THAT(served.access_lines, ElementsAre("200 GET / HTTP/1.1"));
    }
}

// ---- slow readers

FAKE_CLOCK_TEST(EventStreamReader, HoldsUpTheSenderAndNobodyElse) {  // SSE-001
    std::vector<std::string> sent;
    ServedApplication served{[&](Environ& environ, StartResponse& start) -> Body {
        EventStream events{environ, start};
        const std::string path{environ["PATH_INFO"]};
        events.send({.data = std::string(path == "/much" ? kMuch : 1, 'x')});
        sent.push_back(path);
        return {};
    }};
    Client slow{served.address()};
    slow.send(get("/much"));
    let_the_hub_turn();
    EXPECT_EQ(served.ask(get()).body, ":\n\ndata: x\n\n");
    EXPECT_THAT(sent, ElementsAre("/"));
    sleep(20s);
    EXPECT_EQ(slow.answer().body, ":\n\ndata: " + std::string(kMuch, 'x') + "\n\n")
        << "and no comment in its midst, or for the time that it took";
    EXPECT_THAT(sent, ElementsAre("/", "/much"));
}

FAKE_CLOCK_TEST(EventStreamReader, IsGoneOnceItTakesNothingForTimeoutsWrite) {  // SSE-002
    std::optional<Duration> told_at;
    http::WsgiOptions options;
    options.timeouts.write = 10s;
    ServedApplication served{streaming([&](EventStream& events) {
                                 EXPECT_FALSE(events.send({.data = std::string(kMuch, 'x')}));
                                 told_at = now();
                                 EXPECT_FALSE(events.wait());
                             }),
                             options};
    const std::vector<Client> clients = asking(served, 1);
    const auto began = now();
    sleep(15s);
    ASSERT_TRUE(told_at);
    EXPECT_GE(*told_at - began, 10s);
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.errors, IsEmpty());
}

// As one that the network has lost: there is room to write more, and nobody takes it.
GREENLET_TEST(EventStreamReader, IsGoneThoughTheKernelHasRoomForIt) {  // SSE-002
    std::vector<bool> told;
    http::WsgiOptions options;
    options.timeouts.write = 500ms;
    ServedApplication served{streaming([&](EventStream& events) {
                                 told.push_back(events.send({.data = std::string(256'000, 'x')}));
                                 told.push_back(events.wait(30s));
                             }),
                             options};
    const std::vector<Client> clients = asking(served, 1);
    for (int i = 0; i < 10 && !served.quiet();) ++i;  // in its own time
    EXPECT_THAT(told, ElementsAre(true, false));
}

// Nothing that waits for it would come any sooner.
FAKE_CLOCK_TEST(EventStreamReader, GetsNoCommentBeforeItHasTakenTheRest) {  // SSE-002
    const std::string data(256'000, 'x');
    ServedApplication served{streaming([&](EventStream& events) {
        EXPECT_TRUE(events.send({.data = data}));
        EXPECT_TRUE(events.wait(40s));
    })};
    std::vector<Client> clients = asking(served, 1);
    sleep(45s);
    EXPECT_EQ(clients[0].answer().body, ":\n\ndata: " + data + "\n\n");
}

FAKE_CLOCK_TEST(EventStreamReader, GetsNoHalfEventForAWhole) {  // SSE-001, S-116
    AnyGreenlet handler;
    ServedApplication served{streaming([&](EventStream& events) {
        handler = getcurrent();
        events.send({.data = std::string(kMuch, 'x')});
    })};
    std::vector<Client> clients = asking(served, 1);
    handler.kill(GreenletExit{}, false);
    const std::string said = [&] {
        try {
            return clients[0].read_to_end();
        } catch (const std::system_error&) {  // a reset
            return std::string{};
        }
    }();
    EXPECT_THAT(said, ::testing::Not(EndsWith("0\r\n\r\n")));
    EXPECT_TRUE(served.quiet());
}

FAKE_CLOCK_TEST(EventStreamSenders, NeverMixTheirEvents) {  // SSE-001
    constexpr std::size_t kEvent = 4'000'000;
    ServedApplication served{streaming([&](EventStream& events) {
        std::vector<Greenlet<bool>> senders;
        for (const char letter : {'a', 'b', 'c'}) {
            senders.push_back(spawn(
                [&events, letter] { return events.send({.data = std::string(kEvent, letter)}); }));
        }
        for (const auto& sender : senders) EXPECT_TRUE(sender.get());
    })};
    std::vector<Client> clients = asking(served, 1);
    const auto event = [](char letter) { return "data: " + std::string(kEvent, letter) + "\n\n"; };
    EXPECT_EQ(clients[0].answer().body, ":\n\n" + event('a') + event('b') + event('c'));
}

FAKE_CLOCK_TEST(EventStreamSenders, AreToldWhileTheyWaitForTheirTurn) {  // SSE-002
    std::vector<bool> told;
    ServedApplication served{streaming([&](EventStream& events) {
        std::vector<AnyGreenlet> senders;
        for (int i = 0; i < 3; ++i) {
            senders.push_back(
                spawn([&] { told.push_back(events.send({.data = std::string(kMuch, 'x')})); }));
        }
        senders[1].kill(GreenletExit{}, false);  // in line: nothing of it was sent
        for (const AnyGreenlet& sender : senders) sender.join();
    })};
    std::vector<Client> clients = asking(served, 1);
    const auto began = now();
    clients[0].reset();
    EXPECT_TRUE(served.quiet());
    EXPECT_LE(now() - began, 1s);
    EXPECT_THAT(told, ElementsAre(false, false));
}

// ---- over TLS

FAKE_CLOCK_TEST(EventStreamTls, IsTheSame) {  // SSE-001 to SSE-003
    const Tls tls;
    std::vector<std::string> ends;
    ServedApplication served{streaming([&](EventStream& events) {
                                 EXPECT_TRUE(events.send({.data = "x"}));
                                 EXPECT_TRUE(events.wait(16s));
                                 EXPECT_FALSE(events.wait());
                                 EXPECT_FALSE(events.send({.data = "y"}));
                                 ends.emplace_back("told");
                             }),
                             tls.options()};
    Client goes = tls.client(served.address());
    goes.send(get());
    Client stays = tls.client(served.address());
    stays.send(get());
    sleep(20s);
    const auto began = now();
    goes.close();
    let_the_hub_turn();
    EXPECT_THAT(ends, ElementsAre("told"));
    served.server.stop(1h);
    EXPECT_EQ(now(), began);
    EXPECT_THAT(stays.answer().chunks,
                ElementsAre(":\n\n", "data: x\n\n", ":\n\n", MatchesRegex(kLastWord)));
    EXPECT_THAT(served.errors, IsEmpty());
}

}  // namespace
}  // namespace grove::test
