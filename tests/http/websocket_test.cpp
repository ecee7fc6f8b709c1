// WebSockets of the greenlet style, over a server (WS-010 to WS-034).
#include <grove/http/websocket.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "ws_client.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::Message;
using http::StartResponse;
using http::WebSocket;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

GREENLET_TEST(WebSocket, IsAConversationOfMessages) {  // WS-012, WS-013
    ServedApplication served{ws_echo()};
    WsClient client{served.address()};
    client.send(ws_text("hello"));
    EXPECT_EQ(client.next(), "text hello");
    client.send(ws_frame(0x82, std::string(70000, '\xff')));
    EXPECT_EQ(client.next(), "binary " + std::string(70000, '\xff'));
    client.send(ws_frame(0x01, "a") + ws_frame(0x89, "p") + ws_frame(0x80, "b") + ws_text("c"));
    EXPECT_EQ(client.next(), "pong p");
    EXPECT_EQ(client.next(), "text ab");
    EXPECT_EQ(client.next(), "text c");
    client.send_byte_by_byte(ws_text("slow") + ws_close(1000, "bye"));
    EXPECT_EQ(client.next(), "text slow");
    EXPECT_EQ(client.next(), "close 1000");
    EXPECT_EQ(client.next(), "end") << "the server closes TCP first (WS-020)";
    client.stream().close();
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.errors, IsEmpty());
    EXPECT_THAT(served.access_lines, ElementsAre("101 GET / HTTP/1.1"));
    EXPECT_THAT(served.access_bytes, ElementsAre(7 + 70010 + 3 + 4 + 3 + 6 + 4));
}

// What comes without end would be read, and inflated, in one turn.
GREENLET_TEST(WebSocket, GivesWayToOthersWhereMessagesAreAlwaysThere) {  // WS-032
    constexpr int kMessages = 18;
    std::optional<bool> others_had_their_turn;
    ServedApplication served{[&](Environ& environ, StartResponse& start_response) -> Body {
        bool ran = false;
        WebSocket socket{environ, start_response};
        socket.recv();
        const auto other = spawn([&ran] { ran = true; });
        for (int more = 1; more < kMessages; ++more) socket.recv();
        others_had_their_turn = ran;
        other.get();
        return {};
    }};
    WsClient client{served.address()};
    std::string frames;
    for (int number = 0; number < kMessages; ++number) frames += ws_text("x");
    client.send(frames);
    EXPECT_EQ(client.next(), "close 1000");
    EXPECT_EQ(others_had_their_turn, true);
}

GREENLET_TEST(WebSocket, EndsWithTheCodeOfWhatBrokeTheProtocol) {  // WS-010, WS-014, WS-021
    struct Row {
        std::string bytes;
        std::string close;
    };
    const std::vector<Row> rows{
        {"\x81\x01x", "close 1002"},         {ws_frame(0x83, ""), "close 1002"},
        {ws_text("\xff"), "close 1007"},     {ws_close(1005), "close 1002"},
        {ws_frame(0x80, "x"), "close 1002"}, {ws_frame(0xc1, "x"), "close 1002"},
        {ws_frame(0x88, ""), "close"},       {ws_close(4999), "close 4999"},
    };
    ServedApplication served{ws_echo()};
    for (const Row& row : rows) {
        WsClient client{served.address()};
        client.send(row.bytes + ws_text("never read"));
        EXPECT_THAT(client.next(), StartsWith(row.close));
        EXPECT_EQ(client.next(), "end");
    }
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(WebSocket, TellsHowItWasClosed) {  // WS-020, WS-023
    std::string how;
    ServedApplication served{with_socket([&how](WebSocket& socket) {
        EXPECT_EQ(socket.close_code(), 0);
        EXPECT_FALSE(socket.closed());
        EXPECT_EQ(socket.recv(), std::nullopt);
        EXPECT_EQ(socket.recv(), std::nullopt);
        EXPECT_TRUE(socket.closed());
        EXPECT_FALSE(socket.send("late"));  // WS-024
        EXPECT_FALSE(socket.try_send("late"));
        socket.close(1001);
        how = std::to_string(socket.close_code()) + ' ' + socket.close_reason();
    })};
    const auto told = [&](const auto& end) {
        how.clear();
        WsClient client{served.address()};
        end(client);
        while (how.empty()) sleep(1ms);
        return how;
    };
    EXPECT_EQ(told([](WsClient& client) { client.send(ws_close(3001, "done")); }), "3001 done");
    EXPECT_EQ(told([](WsClient& client) { client.send(ws_frame(0x88, "")); }), "1005 ");
    EXPECT_EQ(told([](WsClient& client) { client.finish_sending(); }), "1006 ");
    EXPECT_EQ(told([](WsClient& client) { client.reset(); }), "1006 ");
    EXPECT_EQ(told([](WsClient& client) { client.send(ws_frame(0x88, "x")); }).substr(0, 5),
              "1002 ");
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(WebSocket, ClosesAndDropsWhatComesLater) {  // WS-022
    ServedApplication served{with_socket([](WebSocket& socket) {
        socket.close(4000, "enough");
        EXPECT_EQ(socket.recv(), std::nullopt);
    })};
    WsClient client{served.address()};
    EXPECT_EQ(client.next(), "close 4000 enough");
    client.send(ws_text("dropped") + ws_frame(0x89, "no pong"));
    EXPECT_TRUE(client.silent());
    client.send(ws_close(4000));
    EXPECT_EQ(client.next(), "end");
}

GREENLET_TEST(WebSocket, OfAnApplicationThatReturnsIsClosed) {
    enum Case { kReturns, kThrows, kBody };
    for (const Case which : {kReturns, kThrows, kBody}) {
        ServedApplication served{[&](Environ& request, StartResponse& start) {
            WebSocket socket{request, start};
            socket.send("hello");
            if (which == kThrows) throw std::runtime_error{"broken"};
            return which == kBody ? Body{"a body"} : Body{};
        }};
        WsClient client{served.address()};
        EXPECT_EQ(client.next(), "text hello");
        EXPECT_EQ(client.next(), which == kReturns ? "close 1000" : "close 1011");
        client.send(ws_close(1000));
        EXPECT_EQ(client.next(), "end");
        client.stream().close();
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(served.errors.size(), which == kReturns ? 0U : 1U);
        EXPECT_EQ(served.access_lines.size(), 1U);
    }
}

GREENLET_TEST(WebSocket, OfAKilledGreenletSaysSoOnce) {  // WS-023
    AnyGreenlet handler;
    std::string left_by;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        handler = getcurrent();
        try {
            socket.recv();
        } catch (const GreenletExit&) {
            left_by = "kill";
            throw;
        }
    })};
    WsClient client{served.address()};
    handler.kill();
    EXPECT_EQ(left_by, "kill");
    EXPECT_EQ(client.next(), "close 1001 going away");
    EXPECT_EQ(client.next(), "end");
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(served.access_lines, ElementsAre("101 GET / HTTP/1.1"));
}

GREENLET_TEST(WebSocket, GivesTheNextRecvWhatAKilledOneWaitedFor) {
    std::optional<Message> got;
    Event killed;
    Event done;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        auto first = spawn([&socket] { socket.recv(); });
        sleep();
        first.kill();
        killed.set();
        got = socket.recv();
        done.set();
    })};
    WsClient client{served.address()};
    EXPECT_TRUE(killed.wait(5s));
    client.send(ws_text("kept"));
    EXPECT_TRUE(done.wait(5s));
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->data, "kept");
}

GREENLET_TEST(WebSocket, RecvEndsAtItsTimeoutAndMayBeCalledAgain) {
    int timeouts = 0;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        try {
            socket.recv(1ms);
        } catch (const Timeout&) {
            ++timeouts;
        }
        socket.send(socket.recv()->data);
    })};
    WsClient client{served.address()};
    while (timeouts == 0) sleep(1ms);
    client.send(ws_text("later"));
    EXPECT_EQ(client.next(), "text later");
    EXPECT_EQ(timeouts, 1);
}

GREENLET_TEST(WebSocket, TakesOneReceiver) {
    std::string refused;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        auto other = spawn([socket]() mutable { socket.recv(); });
        sleep();
        try {
            socket.recv();
        } catch (const std::logic_error& error) {
            refused = error.what();
        }
        other.join();
    })};
    WsClient client{served.address()};
    client.send(ws_text("x"));
    EXPECT_EQ(client.next(), "close 1000");
    EXPECT_THAT(refused, HasSubstr("another greenlet"));
}

GREENLET_TEST(WebSocket, RefusesWhatMayNotBeSent) {
    std::vector<std::string> refused;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        const auto expect_refused = [&](const auto& call) {
            try {
                call();
                refused.emplace_back("nothing");
            } catch (const std::invalid_argument& error) {
                refused.emplace_back(error.what());
            }
        };
        expect_refused([&] { socket.send("\xff"); });
        expect_refused([&] { socket.try_send("\xc3"); });
        for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000})
            expect_refused([&] { socket.close(static_cast<std::uint16_t>(code)); });
        expect_refused([&] { socket.close(1000, std::string(124, 'r')); });
        expect_refused([&] { socket.close(1000, "\xff"); });
        socket.close(1000, std::string(123, 'r'));
    })};
    WsClient client{served.address()};
    EXPECT_EQ(client.next(), "close 1000 " + std::string(123, 'r'));
    EXPECT_EQ(refused.size(), 12U);
    EXPECT_THAT(refused, ::testing::Not(::testing::Contains("nothing")));
    EXPECT_THROW(WebSocket{}.send("x"), std::logic_error);
    EXPECT_TRUE(WebSocket{}.closed());
}

GREENLET_TEST(WebSocket, MayBeKeptAndSentThroughByOthers) {  // WS-024, WS-033
    std::optional<WebSocket> kept;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        kept = socket;
        socket.recv();
    })};
    WsClient client{served.address()};
    while (!kept) sleep(1ms);
    EXPECT_TRUE(kept->send("from outside"));
    EXPECT_EQ(client.next(), "text from outside");
    client.send(ws_text("end"));
    EXPECT_EQ(client.next(), "close 1000");
    client.send(ws_close(1000));
    EXPECT_EQ(client.next(), "end");
    client.stream().close();
    EXPECT_TRUE(served.quiet());
    EXPECT_FALSE(kept->send("late"));
    kept->close();
    EXPECT_EQ(kept->close_code(), 1000);
}

// WS-032, WS-033: a client that reads nothing blocks its senders alone, and their messages stay whole.
GREENLET_TEST(WebSocket, HoldsSendersBackUntilTheClientReads) {
    constexpr std::size_t kSize = 300000;
    constexpr int kEach = 20;
    bool full = false;
    int sent = 0;
    const auto send_much = [&](WebSocket& socket) {
        std::vector<Greenlet<void>> senders;
        for (const char name : {'a', 'b', 'c'}) {
            senders.push_back(spawn([&, name] {
                for (int count = 0; count < kEach; ++count) {
                    EXPECT_TRUE(socket.send(std::string(kSize, name)));
                    ++sent;
                }
            }));
        }
        sleep(20ms);
        EXPECT_LT(sent, 3 * kEach);
        EXPECT_FALSE(socket.try_send(std::string(kSize, 'd')));
        full = true;
        for (auto& sender : senders) sender.join();
        EXPECT_TRUE(socket.send("end"));
    };
    ServedApplication served{[&](Environ& request, StartResponse& start) {
        return request["PATH_INFO"] == "/echo" ? ws_echo()(request, start)
                                               : with_socket(send_much)(request, start);
    }};
    WsClient client{served.address()};
    while (!full) sleep(1ms);
    WsClient other{served.address(), "", "", "/echo"};
    other.send(ws_text("not held back"));
    EXPECT_EQ(other.next(), "text not held back");
    std::map<char, int> got;
    for (;;) {
        const std::string frame = client.next();
        if (frame == "text end") break;
        ASSERT_EQ(frame.size(), kSize + 5);
        ASSERT_EQ(frame.find_first_not_of(frame[5], 5), std::string::npos) << "they never mix";
        ++got[frame[5]];
    }
    EXPECT_THAT(got, ElementsAre(Pair('a', kEach), Pair('b', kEach), Pair('c', kEach)));
}

GREENLET_TEST(WebSocket, ClosesAClientThatFloodsItWithPings) {  // WS-015
    ServedApplication served{ws_echo()};
    WsClient client{served.address()};
    std::string pings;
    for (int count = 0; count < 1000; ++count) pings += ws_frame(0x89, "p");
    client.send(pings);
    client.send(ws_text("still here"));
    std::string frame;
    while ((frame = client.next()) == "pong p") continue;
    EXPECT_EQ(frame, "text still here");
    client.send(pings);
    while ((frame = client.next()) == "pong p") continue;
    EXPECT_EQ(frame, "close 1008 too many pings");
}

GREENLET_TEST(WebSocket, RefusesAMessageBeyondItsLimit) {  // WS-034
    ServedApplication served{ws_echo({.message_bytes = 1000})};
    WsClient client{served.address()};
    client.send(ws_text(std::string(1000, 'x')));
    EXPECT_EQ(client.next(), "text " + std::string(1000, 'x'));
    client.send(ws_text(std::string(1001, 'x')).substr(0, 4));
    EXPECT_THAT(client.next(), StartsWith("close 1009"));
    http::WsgiOptions options;
    options.limits.websocket_message = 10;  // the smaller of both holds
    ServedApplication strict{ws_echo({.message_bytes = 1000}), options};
    WsClient bounded{strict.address()};
    bounded.send(ws_text(std::string(11, 'x')));
    EXPECT_THAT(bounded.next(), StartsWith("close 1009"));
}

GREENLET_TEST(WebSocket, GivesItsSlotBack) {
    ServedApplication served{[](Environ& request, StartResponse& start) {
                                 if (request["PATH_INFO"] == "/") return ws_echo()(request, start);
                                 start("200 OK", {});
                                 return Body{"plain"};
                             },
                             {.spawn = 1}};
    WsClient one{served.address()};
    WsClient two{served.address()};
    EXPECT_EQ(served.ask(get("/plain")).body, "plain");
    two.send(ws_text("b"));
    EXPECT_EQ(two.next(), "text b");
    one.send(ws_text("a"));
    EXPECT_EQ(one.next(), "text a");
}

// WS-030: every socket is told at once, and its handler sees the end.
GREENLET_TEST(WebSocket, IsToldOfAStop) {
    int seen = 0;
    ServedApplication served{with_socket([&seen](WebSocket& socket) {
        EXPECT_EQ(socket.recv(), std::nullopt);
        EXPECT_EQ(socket.close_code(), 1001);
        ++seen;
    })};
    std::vector<std::unique_ptr<WsClient>> clients;
    for (int count = 0; count < 20; ++count)
        clients.push_back(std::make_unique<WsClient>(served.address()));
    served.server.stop(5s);
    EXPECT_EQ(seen, 20);
    for (const auto& client : clients) EXPECT_EQ(client->next(), "close 1001 going away");
}

GREENLET_TEST(WebSocket, KeepsTheEnvironReadable) {
    std::string told;
    ServedApplication served{[&](Environ& request, StartResponse& start) {
        WebSocket socket{request, start};
        while (socket.recv()) continue;
        for (const char* key : {"PATH_INFO", "HTTP_HOST", "REMOTE_ADDR", "wsgi.url_scheme",
                                "SERVER_PROTOCOL", "HTTP_SEC_WEBSOCKET_VERSION"})
            told.append(request[key]).append("|");
        return Body{};
    }};
    WsClient client{served.address(), "", "", "/some/path"};
    for (int count = 0; count < 20; ++count) client.send(ws_text(std::string(3000, 'x')));
    client.reset();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(told, "/some/path|a.test|127.0.0.1|http|HTTP/1.1|13|");
}

}  // namespace
}  // namespace grove::test
