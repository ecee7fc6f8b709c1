// The end of WebSockets of the parked style with their server, and their turns in the hub (WS-030, WS-035, WS-036).
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/metrics.h>
#include <grove/http/websocket.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "served_application.h"
#include "ws_client.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Environ;
using http::Message;
using http::Spawn;
using http::StartResponse;
using http::WebSocket;
using http::WebSocketHandlers;
using http::WsgiOptions;
using http::WsgiServer;

http::Application serving(WebSocketHandlers handlers) {
    return [handlers](Environ& request, StartResponse& start) {
        return http::websocket(request, start, handlers);
    };
}

/// Stops nothing when it goes, unlike ServedApplication.
struct Unstopped {
    Unstopped(WebSocketHandlers handlers, Spawn spawn, http::ServerMetrics* metrics = nullptr)
        : server{"127.0.0.1:0", serving(std::move(handlers)), with(std::move(spawn), metrics)} {
        server.start();
    }
    static WsgiOptions with(Spawn spawn, http::ServerMetrics* metrics) {
        WsgiOptions options;
        options.metrics = metrics;
        options.spawn = std::move(spawn);
        options.error_log = [](http::LogLevel, std::string_view) {};
        return options;
    }
    std::unique_ptr<WsClient> idle_client() {
        auto client = std::make_unique<WsClient>(Address::parse(server.address()));
        while (server.requests_running() != 0) sleep(1ms);
        return client;
    }

    WsgiServer server;
};

GREENLET_TEST(ParkedWebSocket, IsNotToldOfTheEndOfAServerThatWasNotStopped) {  // WS-035
    const std::vector<Spawn> spawns{Spawn{}, 2, Spawn::none(), Spawn::raw()};
    for (const Spawn& spawn : spawns) {
        int told = 0;
        std::unique_ptr<WsClient> client;
        {
            Unstopped served{{.on_close = [&](WebSocket) { ++told; }}, spawn};
            client = served.idle_client();
        }
        EXPECT_EQ(client->next(), "close 1001 going away");
        let_the_hub_turn();
        EXPECT_EQ(told, 0);
    }
}

// Another who uses the pool has the only slot: the message waits for it, and is lost with the server.
GREENLET_TEST(ParkedWebSocket, IsClosedAsIfStoppedByTheEndOfAServer) {  // WS-030
    http::ServerMetrics metrics;
    const auto pool = std::make_shared<Pool>(1);
    Event ends;
    int messages = 0;
    std::unique_ptr<WsClient> client;
    {
        Unstopped served{{.on_message = [&](WebSocket, Message) { ++messages; }}, pool, &metrics};
        client = served.idle_client();
        pool->spawn([&] { ends.wait(); });
        client->send(ws_text("x"));
        while (served.server.requests_running() != 1) sleep(1ms);
    }
    EXPECT_EQ(client->next(), "close 1001 going away");
    EXPECT_EQ(metrics.websocket_closes.at(1).value(), 1U) << "1001";
    EXPECT_EQ(messages, 0);
    ends.set();
    pool->join();
}

// A stop begins while its message waits for the only slot.
GREENLET_TEST(ParkedWebSocket, MayBeClosedInTheLineWithNobodyToTell) {  // WS-030, WS-036
    Event ends;
    int messages = 0;
    ServedApplication served{serving({.on_message =
                                          [&](WebSocket, Message) {
                                              ++messages;
                                              ends.wait();
                                          }}),
                             {.spawn = 1}};
    WsClient runs{served.address()};
    WsClient waits{served.address()};
    runs.send(ws_text("x"));
    while (messages != 1) sleep(1ms);
    waits.send(ws_text("y"));
    while (served.server.requests_running() != 2) sleep(1ms);
    auto stopping = spawn([&] { served.server.stop(5s); });
    EXPECT_EQ(waits.next(), "close 1001 going away");
    ends.set();
    stopping.join();
    EXPECT_EQ(messages, 1);
    EXPECT_THAT(served.errors, testing::IsEmpty());
}

GREENLET_TEST(ParkedWebSocket, IsNotToldOfTheEndOfAServerThatWasKilled) {  // WS-035
    int told = 0;
    int running = 0;
    Unstopped served{{.on_message =
                          [&](WebSocket, Message) {
                              ++running;
                              Event{}.wait();
                          },
                      .on_close = [&](WebSocket) { ++told; }},
                     1};
    const auto runs = served.idle_client();
    const auto waits = served.idle_client();
    runs->send(ws_text("x") + ws_text("y"));
    waits->send(ws_text("z"));
    while (served.server.requests_running() != 2) sleep(1ms);
    served.server.stop(Duration::zero());
    let_the_hub_turn();
    EXPECT_EQ(running, 1);
    EXPECT_EQ(told, 0);
    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_EQ(runs->next(), "close 1001 going away");
    EXPECT_EQ(waits->next(), "close 1001 going away");

    served.server.start();
    served.idle_client()->reset();
    while (told == 0) sleep(1ms);
    served.server.stop(1s);
}

// Each as deep on the stack as the one before.
GREENLET_TEST(ParkedWebSocket, HasItsMessagesOneAfterTheOtherInTheHub) {  // WS-036
    constexpr int kMessages = 2000;
    std::uintptr_t lowest = UINTPTR_MAX;
    std::uintptr_t highest = 0;
    int count = 0;
    ServedApplication served{serving({.on_message =
                                          [&](WebSocket, Message) {
                                              const auto here = reinterpret_cast<std::uintptr_t>(
                                                  __builtin_frame_address(0));
                                              lowest = std::min(lowest, here);
                                              highest = std::max(highest, here);
                                              ++count;
                                          }}),
                             {.spawn = Spawn::none()}};
    WsClient client{served.address()};
    std::string all;
    for (int each = 0; each < kMessages; ++each) all += ws_text("x");
    client.send(all + ws_close(1000));
    EXPECT_EQ(client.next(), "close 1000");
    EXPECT_EQ(count, kMessages);
    EXPECT_LT(highest - lowest, 16'000U);
}

}  // namespace
}  // namespace grove::test
