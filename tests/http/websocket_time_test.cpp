// The time-outs of WebSockets of the greenlet style (WS-022, WS-031, WS-032).
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/websocket.h>

#include "greenlet_test.h"
#include "sanitized.h"
#include "served_application.h"
#include "stack_pages.h"
#include "ws_client.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Body;
using http::Environ;
using http::StartResponse;
using http::WebSocket;

FAKE_CLOCK_TEST(WebSocket, GivesTheClientFiveSecondsForItsClose) {  // WS-022
    ServedApplication served{with_socket([](WebSocket& socket) { socket.close(); })};
    WsClient client{served.address()};
    EXPECT_EQ(client.next(), "close 1000");
    sleep(4s);
    EXPECT_EQ(served.server.connections(), 1U);
    sleep(2s);
    EXPECT_EQ(client.next(), "reset");
    EXPECT_EQ(served.server.connections(), 0U);
}

#ifndef GROVE_TEST_SANITIZED
// What its handler used before the client fell silent.
FAKE_CLOCK_TEST(WebSocket, HoldsNoMoreOfItsStackThanItNeeds) {  // WS-042
    const char* here = nullptr;
    int messages = 0;
    ServedApplication served{with_socket([&](WebSocket& socket) {
        char top = 0;
        here = &top;
        while (socket.recv()) {
            call_deep();
            ++messages;
        }
    })};
    WsClient client{served.address()};
    client.send(ws_text("x"));
    while (messages == 0) sleep(1ms);
    EXPECT_EQ(pages_below(here, kDeep), 10U);
    sleep(11s);
    EXPECT_LE(pages_below(here, kDeep), 2U);
    client.send(ws_text("y"));
    while (messages == 1) sleep(1ms);
    client.send(ws_close(1000));
    EXPECT_EQ(client.next(), "close 1000");
}
#endif

FAKE_CLOCK_TEST(WebSocket, IsResetIfItsClientTakesNothing) {  // WS-032
    http::WsgiOptions options;
    options.timeouts.write = 10s;
    bool ended = false;
    std::uint16_t code = 0;
    ServedApplication served{with_socket([&](WebSocket& socket) {
                                 while (socket.send(std::string(500000, 'x'))) {
                                     ;
                                 }
                                 code = socket.close_code();
                                 ended = true;
                             }),
                             options};
    WsClient client{served.address()};
    sleep(8s);
    EXPECT_FALSE(ended);
    sleep(20s);
    EXPECT_TRUE(ended);
    EXPECT_EQ(code, 1006);
    EXPECT_EQ(served.server.connections(), 0U);
}

// Nothing is read while a message waits: that is not the client's silence.
FAKE_CLOCK_TEST(WebSocket, IsKeptWhileItsApplicationIsBehind) {  // WS-031, WS-036
    Event later;
    ServedApplication served{with_socket(
        [&](WebSocket& socket) {
            later.wait();
            while (const auto message = socket.recv()) socket.send(message->data);
        },
        {.ping = 10s, .pong = 5s})};
    WsClient client{served.address()};
    client.send(ws_text("one") + ws_text("two"));
    sleep(60s);
    EXPECT_TRUE(client.silent());
    later.set();
    EXPECT_EQ(client.next(), "text one");
    EXPECT_EQ(client.next(), "text two");
    sleep(11s);
    EXPECT_EQ(client.next(), "ping ");
}

// Lines that nobody waits in go once there are many; an address sanitizer sees one that goes too early.
FAKE_CLOCK_TEST(WebSocket, MayHaveATimeOfItsOwn) {  // WS-031
    constexpr int kSockets = 80;
    int made = 0;
    ServedApplication served{[&](Environ& request, StartResponse& start) {
        WebSocket socket{
            request,
            start,
            {.ping = 10s + std::chrono::milliseconds{++made}, .pong = 20s + 1ms * made}};
        while (socket.recv()) continue;
        return Body{};
    }};
    std::vector<std::unique_ptr<WsClient>> clients;
    for (int count = 0; count < kSockets; ++count)
        clients.push_back(std::make_unique<WsClient>(served.address()));
    sleep(11s);
    for (const auto& client : clients) EXPECT_EQ(client->next(), "ping ");
    sleep(21s);
    for (const auto& client : clients) EXPECT_EQ(client->next(), "reset");
}

FAKE_CLOCK_TEST(WebSocket, PingsASilentClientAndGivesItUp) {  // WS-031
    std::uint16_t code = 0;
    ServedApplication served{with_socket(
        [&](WebSocket& socket) {
            while (socket.recv()) continue;
            code = socket.close_code();
        },
        {.ping = 10s, .pong = 5s})};
    WsClient client{served.address()};
    sleep(9s);
    EXPECT_TRUE(client.silent());
    sleep(2s);
    EXPECT_EQ(client.next(), "ping ");
    client.send(ws_frame(0x8a, ""));
    sleep(9s);
    EXPECT_TRUE(client.silent());
    client.send(ws_text("a message will do"));
    sleep(9s);
    EXPECT_TRUE(client.silent());
    sleep(2s);
    EXPECT_EQ(client.next(), "ping ");
    sleep(3s);
    EXPECT_EQ(code, 0);
    sleep(3s);
    EXPECT_EQ(code, 1006);
    EXPECT_EQ(client.next(), "reset");
}

}  // namespace
}  // namespace grove::test
