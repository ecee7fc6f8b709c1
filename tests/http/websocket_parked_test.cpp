// WebSockets of the parked style, over a server (WS-020 to WS-036, WS-043).
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/http/metrics.h>
#include <grove/http/websocket.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "ws_client.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Environ;
using http::Message;
using http::StartResponse;
using http::WebSocket;
using http::WebSocketHandlers;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

http::Application parked(WebSocketHandlers handlers, http::WebSocketOptions options = {}) {
    return [handlers, options](Environ& request, StartResponse& start) {
        return http::websocket(request, start, handlers, options);
    };
}

template <class Condition>
bool comes_true(Condition condition) {
    for (int turns = 0; turns < 5000; ++turns) {
        if (condition()) return true;
        sleep(1ms);
    }
    return false;
}

GREENLET_TEST(ParkedWebSocket, HoldsNoGreenletAndNoRequestWhileItIsIdle) {
    ServedApplication served{ws_parked_echo()};
    const std::size_t before = get_hub().greenlet_count();
    std::vector<std::unique_ptr<WsClient>> clients;
    for (int count = 0; count < 10; ++count)
        clients.push_back(std::make_unique<WsClient>(served.address()));
    EXPECT_TRUE(comes_true([&] { return served.server.requests_running() == 0; }));
    EXPECT_EQ(get_hub().greenlet_count(), before);
    EXPECT_THAT(served.access_lines, IsEmpty());
    for (const auto& client : clients) {
        client->send(ws_text("hello"));
        EXPECT_EQ(client->next(), "text hello");
        client->send(ws_frame(0x89, "p") + ws_frame(0x82, std::string(70000, 'b')));
        EXPECT_EQ(client->next(), "pong p");
        EXPECT_EQ(client->next(), "binary " + std::string(70000, 'b'));
        client->send_byte_by_byte(ws_frame(0x01, "a") + ws_frame(0x80, "b"));
        EXPECT_EQ(client->next(), "text ab");
        client->send(ws_close(1000));
        EXPECT_EQ(client->next(), "close 1000");
        EXPECT_EQ(client->next(), "end");
        client->stream().close();
    }
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(served.access_lines.size(), 10U);  // WS-043
    EXPECT_EQ(served.access_lines.front(), "101 GET / HTTP/1.1");
    EXPECT_EQ(served.access_bytes.front(), 7U + 3 + 70010 + 4 + 4);
    EXPECT_THAT(served.errors, IsEmpty());
}

GREENLET_TEST(ParkedWebSocket, CallsItsFunctionsInOrderAndOnCloseOnce) {  // WS-035
    std::vector<std::string> calls;
    ServedApplication served{parked(
        {.on_open = [&](WebSocket socket) { calls.push_back(socket.send("hi") ? "open" : "no"); },
         .on_message = [&](WebSocket, Message message) { calls.push_back(message.data); },
         .on_close =
             [&](WebSocket socket) { calls.push_back(std::to_string(socket.close_code())); }})};
    {
        WsClient client{served.address(), "", ws_text("early")};
        EXPECT_EQ(client.next(), "text hi");
        client.send(ws_text("late") + ws_close(3000));
        EXPECT_EQ(client.next(), "close 3000");
    }
    EXPECT_TRUE(served.quiet());
    EXPECT_THAT(calls, ElementsAre("open", "early", "late", "3000"));
    calls.clear();
    WsClient(served.address()).reset();
    EXPECT_TRUE(comes_true([&] { return calls.size() == 2; }));
    EXPECT_THAT(calls, ElementsAre("open", "1006"));
    EXPECT_TRUE(served.quiet());
}

GREENLET_TEST(ParkedWebSocket, IsClosedByWhatItsFunctionsThrow) {  // WS-035
    enum Case { kOpen, kMessage, kClose };
    for (const Case which : {kOpen, kMessage, kClose}) {
        int closed = 0;
        const auto fail = [which](Case here) {
            if (which == here) throw std::runtime_error{"broken"};
        };
        ServedApplication served{parked({.on_open = [&](WebSocket) { fail(kOpen); },
                                         .on_message = [&](WebSocket, Message) { fail(kMessage); },
                                         .on_close =
                                             [&](WebSocket) {
                                                 ++closed;
                                                 fail(kClose);
                                             }})};
        WsClient client{served.address()};
        client.send(which == kClose ? ws_close(1000) : ws_text("x"));
        EXPECT_EQ(client.next(), which == kClose ? "close 1000" : "close 1011");
        if (which != kClose) client.send(ws_close(1000));
        EXPECT_EQ(client.next(), "end");
        client.stream().close();
        EXPECT_TRUE(comes_true([&] { return closed == 1; }));
        EXPECT_TRUE(served.quiet());
        EXPECT_EQ(closed, 1);
        EXPECT_THAT(served.errors, ElementsAre(HasSubstr("broken"))) << which;
    }
}

// WS-036: one slot, two sockets: their messages take turns, and a socket has one under way.
GREENLET_TEST(ParkedWebSocket, WaitsInLineForASlot) {
    Event go;
    int running = 0;
    int most = 0;
    ServedApplication served{parked({.on_message =
                                         [&](WebSocket socket, Message message) {
                                             most = std::max(most, ++running);
                                             go.wait();
                                             --running;
                                             socket.send(message.data);
                                         }}),
                             {.spawn = 1}};
    WsClient one{served.address()};
    WsClient two{served.address()};
    one.send(ws_text("1") + ws_text("2") + ws_text("3"));
    two.send(ws_text("4"));
    EXPECT_TRUE(comes_true([&] { return running == 1; }));
    EXPECT_EQ(served.server.requests_running(), 2U) << "two messages, one of which waits";
    go.set();
    EXPECT_EQ(two.next(), "text 4");
    for (const char* each : {"text 1", "text 2", "text 3"}) EXPECT_EQ(one.next(), each);
    EXPECT_EQ(most, 1);
}

// WS-036: while one message waits for the application, no more is read: the client's sends block.
GREENLET_TEST(ParkedWebSocket, KeepsAClientFromSendingMoreThanIsTaken) {
    Event go;
    int taken = 0;
    ServedApplication served{parked({.on_message = [&](WebSocket, Message) {
        go.wait();
        ++taken;
    }})};
    WsClient client{served.address()};
    int sent = 0;
    auto sender = spawn([&] {
        for (; sent < 100; ++sent) client.send(ws_frame(0x82, std::string(500000, 'x')));
    });
    sleep(50ms);
    EXPECT_LT(sent, 60);
    go.set();
    sender.join();
    EXPECT_TRUE(comes_true([&] { return taken == 100; }));
}

GREENLET_TEST(ParkedWebSocket, IsAnsweredWhileItsFunctionRuns) {
    Event go;
    bool running = false;
    ServedApplication served{parked({.on_message = [&](WebSocket, Message) {
        running = true;
        go.wait();
    }})};
    WsClient client{served.address()};
    client.send(ws_text("x"));
    EXPECT_TRUE(comes_true([&] { return running; }));
    client.send(ws_frame(0x89, "p"));
    EXPECT_EQ(client.next(), "pong p");
    client.send(ws_close(1000));
    EXPECT_EQ(client.next(), "close 1000");
    go.set();
}

GREENLET_TEST(ParkedWebSocket, HasNoRecv) {
    std::string refused;
    ServedApplication served{parked({.on_message = [&](WebSocket socket, Message) {
        try {
            socket.recv();
        } catch (const std::logic_error& error) {
            refused = error.what();
        }
        socket.close();
    }})};
    WsClient client{served.address()};
    client.send(ws_text("x"));
    EXPECT_EQ(client.next(), "close 1000");
    EXPECT_THAT(refused, HasSubstr("on_message"));
}

GREENLET_TEST(ParkedWebSocket, IsSentThroughByOthers) {
    std::vector<WebSocket> room;
    ServedApplication served{parked({.on_open = [&](WebSocket socket) { room.push_back(socket); },
                                     .on_message =
                                         [&](WebSocket, Message message) {
                                             for (WebSocket& each : room)
                                                 each.try_send(message.data);
                                         }})};
    WsClient one{served.address()};
    WsClient two{served.address()};
    one.send(ws_text("to all"));
    EXPECT_EQ(one.next(), "text to all");
    EXPECT_EQ(two.next(), "text to all");
    two.reset();
    EXPECT_TRUE(comes_true([&] { return room.at(1).closed(); }));
    one.send(ws_text("to the rest"));
    EXPECT_EQ(one.next(), "text to the rest");
    EXPECT_FALSE(room.at(1).send("x"));
}

FAKE_CLOCK_TEST(ParkedWebSocket, IsPingedAndGivenUp) {  // WS-031
    std::uint16_t code = 0;
    ServedApplication served{
        parked({.on_close = [&](WebSocket socket) { code = socket.close_code(); }},
               {.ping = 10s, .pong = 5s})};
    WsClient client{served.address()};
    sleep(9s);
    EXPECT_TRUE(client.silent());
    sleep(2s);
    EXPECT_EQ(client.next(), "ping ");
    client.send(ws_frame(0x8a, ""));
    sleep(11s);
    EXPECT_EQ(client.next(), "ping ");
    sleep(6s);
    EXPECT_EQ(code, 1006);
    EXPECT_EQ(client.next(), "reset");
    EXPECT_EQ(served.server.connections(), 0U);
    EXPECT_THAT(served.access_lines, ElementsAre("101 GET / HTTP/1.1"));
}

GREENLET_TEST(ParkedWebSocket, IsToldOfAStop) {  // WS-030
    int closed = 0;
    ServedApplication served{parked({.on_close =
                                         [&](WebSocket socket) {
                                             EXPECT_EQ(socket.close_code(), 1001);
                                             ++closed;
                                         }}),
                             {.spawn = 2}};
    std::vector<std::unique_ptr<WsClient>> clients;
    for (int count = 0; count < 20; ++count)
        clients.push_back(std::make_unique<WsClient>(served.address()));
    EXPECT_TRUE(comes_true([&] { return served.server.requests_running() == 0; }));
    served.server.stop(5s);
    EXPECT_EQ(closed, 20);
    for (const auto& client : clients) EXPECT_EQ(client->next(), "close 1001 going away");
}

GREENLET_TEST(ParkedWebSocket, EndsWithItsServer) {
    std::optional<WebSocket> kept;
    {
        ServedApplication served{
            parked({.on_open = [&](WebSocket socket) { kept = socket; },
                    .on_message = [&](WebSocket, Message) { Event{}.wait(); }})};
        WsClient client{served.address()};
        client.send(ws_text("x"));
        EXPECT_TRUE(comes_true([&] { return served.server.requests_running() == 1; }));
        served.server.stop(10ms);  // kills the function
        EXPECT_EQ(client.next(), "close 1001 going away");
    }
    ASSERT_TRUE(kept.has_value());
    EXPECT_TRUE(kept->closed());
    EXPECT_FALSE(kept->send("late"));
}

GREENLET_TEST(ParkedWebSocket, CountsWhileItIsOpen) {  // WS-043, WS-006
    http::ServerMetrics metrics;
    http::WsgiOptions options;
    options.metrics = &metrics;
    options.limits.websockets = 2;
    ServedApplication served{ws_parked_echo(), options};
    {
        WsClient one{served.address()};
        WsClient two{served.address()};
        EXPECT_TRUE(comes_true([&] { return served.server.requests_running() == 0; }));
        EXPECT_EQ(metrics.websockets.value(), 2U);
        EXPECT_THAT(WsClient(served.address()).head, HasSubstr(" 503 "));
    }
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(metrics.websockets.value(), 0U);
    EXPECT_EQ(metrics.in_flight.value(), 0U);
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    EXPECT_EQ(metrics.requests[101].value(), 2U);
    EXPECT_EQ(metrics.websocket_closes[6].value(), 2U) << "1006: their client has gone";
    {
        WsClient one{served.address()};
        one.send(ws_text("x"));
        EXPECT_EQ(one.next(), "text x");
        one.send(ws_close(3000));
        EXPECT_EQ(one.next(), "close 3000");
    }
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(metrics.websocket_messages_in.value(), 1U);
    EXPECT_EQ(metrics.websocket_messages_out.value(), 1U);
    EXPECT_EQ(metrics.websocket_closes.back().value(), 1U);
}

}  // namespace
}  // namespace grove::test
