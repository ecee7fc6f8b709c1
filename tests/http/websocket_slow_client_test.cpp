// Clients of WebSockets that take their time to read: a slot is held by an application that runs, not by one that waits.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>
#include <grove/http/metrics.h>
#include <grove/http/websocket.h>
#include <grove/pool/pool.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "served_over_unix.h"
#include "ws_client.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Environ;
using http::Message;
using http::StartResponse;
using http::WebSocket;
using ::testing::ElementsAre;

constexpr int kMany = 24;
constexpr std::size_t kLarge = 1'000'000;  // kMany of them are more than outbox and kernel hold

void send_many(WebSocket socket) {
    for (int sent = 0; sent < kMany && socket.send(std::string(kLarge, 'x'));) ++sent;
}

/// "/" answers a small text. Any other is a WebSocket of the parked style: "many" is answered by more than its client
/// takes, any other message by itself.
http::Application much_if_asked() {
    return [](Environ& request, StartResponse& start) {
        if (request["PATH_INFO"] == "/") {
            start("200 OK", {});
            return http::Body{"small"};
        }
        const auto answer = [](WebSocket socket, Message message) {
            if (message.data == "many") return send_many(socket);
            socket.send(message.data);
        };
        return http::websocket(request, start, {.on_message = answer}, {.ping = {}});
    };
}

http::WsgiOptions one_slot(http::ServerMetrics& metrics) {
    http::WsgiOptions options;
    options.spawn = 1;
    options.metrics = &metrics;
    options.timeouts.websocket_ping = {};
    return options;
}

/// Does not read what it asks for.
struct Unread : WsClient {
    explicit Unread(const ServedOverUnix& served) : WsClient{served.address(), "", "", "/socket"} {
        send(ws_text("many"));
        let_the_hub_turn();
    }
};

FAKE_CLOCK_TEST(SlowWebSocket, KeepsItsSlotForAWhile) {  // O-071, WS-036
    http::ServerMetrics metrics;
    ServedOverUnix served{much_if_asked(), one_slot(metrics)};
    WsClient socket{served.address(), "", "", "/socket"};
    Unread slow{served};
    EXPECT_EQ(metrics.pool_in_use.value(), 1U);
    const auto began = now();
    Client other = served.client();
    other.send(get());
    EXPECT_EQ(other.brief(), "200 small");
    EXPECT_EQ(now() - began, 2s);
    EXPECT_EQ(metrics.slow.value(), 1U);
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    socket.send(ws_text("of another"));
    EXPECT_EQ(socket.next(), "text of another");
    EXPECT_EQ(now() - began, 2s);

    for (int count = 0; count < kMany; ++count) EXPECT_EQ(slow.next().size(), 5 + kLarge);
    let_the_hub_turn();
    EXPECT_EQ(metrics.slow.value(), 0U);
    EXPECT_EQ(metrics.in_flight.value(), 0U);
    slow.send(ws_text("small"));
    EXPECT_EQ(slow.next(), "text small") << "with a slot again";
    EXPECT_EQ(metrics.slow.value(), 0U);
}

// It waits in all, not at a time: its client takes some each second.
FAKE_CLOCK_TEST(SlowWebSocket, LosesItsSlotByAllItsWaitsTogether) {  // O-071
    http::ServerMetrics metrics;
    ServedOverUnix served{much_if_asked(), one_slot(metrics)};
    Unread slow{served};
    const auto began = now();
    std::vector<char> some(100'000);
    auto reader = spawn([&] {
        for (int count = 0; count < 4; ++count) {
            sleep(900ms);
            for (std::size_t left = 2 * kLarge; left > 0;)
                left -= slow.stream().recv({some.data(), std::min(left, some.size())}, kPatience);
        }
    });
    Client other = served.client();
    other.send(get());
    EXPECT_EQ(other.brief(), "200 small");
    EXPECT_EQ(now() - began, 2s);
    reader.kill();
}

FAKE_CLOCK_TEST(SlowWebSocket, KeepsItsSlotBeyondTheLimitOfSlowOnes) {  // O-071
    http::ServerMetrics metrics;
    http::WsgiOptions options = one_slot(metrics);
    options.limits.slow = 1;
    options.spawn = 2;
    ServedOverUnix served{much_if_asked(), options};
    Unread one{served};
    sleep(3s);
    EXPECT_EQ(metrics.slow.value(), 1U);
    Unread two{served};
    sleep(10s);
    EXPECT_EQ(metrics.slow.value(), 1U);
    EXPECT_EQ(metrics.pool_in_use.value(), 1U);
    one.reset();
    sleep(2s);
    EXPECT_EQ(metrics.slow.value(), 1U) << "now the other";
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
}

// A request, or a message, may send to the WebSocket of another client.
FAKE_CLOCK_TEST(SlowWebSocket, OfAnotherClientHoldsNoSlotEither) {  // O-071
    for (const bool by_message : {false, true}) {
        std::vector<WebSocket> room;
        http::ServerMetrics metrics;
        ServedOverUnix served{
            [&](Environ& request, StartResponse& start) {
                const std::string path{request["PATH_INFO"]};
                if (path == "/socket") {
                    return http::websocket(
                        request, start,
                        {.on_open = [&](WebSocket it) { room.push_back(it); },
                         .on_message = [&](WebSocket, Message) { send_many(room.front()); }});
                }
                if (path == "/all") send_many(room.front());
                start("200 OK", {});
                return http::Body{"small"};
            },
            one_slot(metrics)};
        WsClient slow{served.address(), "", "", "/socket"};
        WsClient sender{served.address(), "", "", "/socket"};
        Client asker = served.client();
        by_message ? sender.send(ws_text("x")) : asker.send(get("/all"));
        let_the_hub_turn();
        const auto began = now();
        Client other = served.client();
        other.send(get());
        EXPECT_EQ(other.brief(), "200 small");
        EXPECT_EQ(now() - began, 2s) << by_message;
        EXPECT_EQ(metrics.slow.value(), 1U);
        slow.reset();
        let_the_hub_turn();
        EXPECT_EQ(metrics.slow.value(), 0U);
    }
}

// As behind two listeners of a worker, which share their pool.
FAKE_CLOCK_TEST(SlowWebSocket, OfAnotherServerHoldsNoSlotEither) {  // O-071
    std::vector<WebSocket> room;
    http::ServerMetrics metrics;
    const auto application = [&](Environ& request, StartResponse& start) {
        if (request["PATH_INFO"] == "/socket") {
            return http::websocket(request, start,
                                   {.on_open = [&](WebSocket it) { room.push_back(it); }});
        }
        if (request["PATH_INFO"] == "/all") send_many(room.front());
        start("200 OK", {});
        return http::Body{"small"};
    };
    http::WsgiOptions options = one_slot(metrics);
    options.spawn = std::make_shared<Pool>(1);
    ServedOverUnix one{application, options};
    ServedOverUnix other{application, options};
    WsClient slow{one.address(), "", "", "/socket"};
    Client asker = other.client();
    asker.send(get("/all"));
    let_the_hub_turn();
    const auto began = now();
    Client next = other.client();
    next.send(get());
    EXPECT_EQ(next.brief(), "200 small");
    EXPECT_EQ(now() - began, 2s);
}

// Those that wait keep their order, whether they lose a slot meanwhile or have none.
FAKE_CLOCK_TEST(SlowWebSocket, IsSentMessagesInTheOrderOfTheirSends) {  // WS-033
    std::vector<WebSocket> room;
    http::ServerMetrics metrics;
    http::WsgiOptions options = one_slot(metrics);
    options.spawn = 4;
    ServedOverUnix served{[&](Environ& request, StartResponse& start) {
                              return http::websocket(
                                  request, start,
                                  {.on_open = [&](WebSocket it) { room.push_back(it); },
                                   .on_message =
                                       [&](WebSocket, Message message) {
                                           if (message.data == "many")
                                               return send_many(room.front());
                                           WebSocket{room.front()}.send(message.data);
                                       }});
                          },
                          options};
    WsClient slow{served.address()};
    slow.send(ws_text("many"));
    let_the_hub_turn();
    WsClient first{served.address()};
    first.send(ws_text("1"));
    sleep(1500ms);
    WsClient second{served.address()};
    second.send(ws_text("2"));
    sleep(1500ms);
    auto third = spawn([&] { WebSocket{room.front()}.send("3"); });
    sleep(1s);
    EXPECT_FALSE(room.front().try_send("overtakes"));
    std::vector<std::string> small;
    while (small.size() < 3) {
        std::string next = slow.next();
        if (next.size() < 100) small.push_back(std::move(next));
    }
    EXPECT_THAT(small, ElementsAre("text 1", "text 2", "text 3"));
    third.join();
}

// The sender is woken as it is killed, and as the WebSocket ends: nobody else's place is lost by that.
FAKE_CLOCK_TEST(SlowWebSocket, MayHaveItsSendersKilled) {  // WS-033
    std::vector<WebSocket> room;
    http::ServerMetrics metrics;
    ServedOverUnix served{[&](Environ& request, StartResponse& start) {
                              return http::websocket(request, start, {.on_open = [&](WebSocket it) {
                                                         room.push_back(it);
                                                     }});
                          },
                          one_slot(metrics)};
    WsClient slow{served.address()};
    auto many = spawn([&] { send_many(room.front()); });
    let_the_hub_turn();
    auto in_line = spawn([&] { room.front().send("never"); });
    auto last = spawn([&] { return room.front().send("last"); });
    let_the_hub_turn();
    in_line.kill();
    many.kill();
    std::string next;
    while ((next = slow.next()).size() > 100) continue;
    EXPECT_EQ(next, "text last");
    EXPECT_TRUE(last.get());

    auto again = spawn([&] { send_many(room.front()); });
    let_the_hub_turn();
    auto behind = spawn([&] { return room.front().send("late"); });
    let_the_hub_turn();
    slow.reset();
    again.join();
    EXPECT_FALSE(behind.get());
}

/// Takes 24,000 bytes each ten seconds, of a greenlet or of a parked one that sends without pause.
bool is_cut_at(std::uint64_t rate, bool is_parked) {
    http::ServerMetrics metrics;
    http::WsgiOptions options = one_slot(metrics);
    options.limits.write_rate = rate;
    ServedOverUnix served{is_parked ? much_if_asked() : with_socket([](WebSocket& socket) {
                              send_many(socket);
                              socket.recv();
                          }),
                          options};
    Unread slow{served};
    std::vector<char> some(24'000);
    for (int count = 0; count < 30; ++count) {
        sleep(10s);
        std::size_t left = some.size();
        try {
            while (left > 0) {
                const std::size_t got = slow.stream().recv({some.data(), left}, kPatience);
                if (got == 0) return true;
                left -= got;
            }
        } catch (const std::system_error&) {
            return true;
        }
    }
    return served.server.connections() == 0;
}

FAKE_CLOCK_TEST(SlowWebSocket, IsCutIfItTakesTooLittle) {  // O-072, WS-032
    for (const bool is_parked : {false, true}) {
        EXPECT_FALSE(is_cut_at(0, is_parked));
        EXPECT_FALSE(is_cut_at(1'000, is_parked));
        EXPECT_TRUE(is_cut_at(6'000, is_parked));
    }
}

}  // namespace
}  // namespace grove::test
