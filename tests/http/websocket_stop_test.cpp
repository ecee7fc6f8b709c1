// When WebSockets of both styles are told of a stop (WS-006, WS-030).
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/http/stopping.h>
#include <grove/http/websocket.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "ws_client.h"
#include "ws_echo.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::Environ;
using http::StartResponse;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Clients = std::vector<std::unique_ptr<WsClient>>;

constexpr std::size_t kCount = 40;

/// Every second one is of the greenlet style.
struct Drained {
    explicit Drained(Duration drain_delay, std::size_t count = kCount,
                     http::Application late = ws_echo())
        : served{[late](Environ& request, StartResponse& start) {
                     const std::string_view path = request["PATH_INFO"];
                     if (path == "/late") return late(request, start);
                     return path == "/parked" ? ws_parked_echo()(request, start)
                                              : ws_echo()(request, start);
                 },
                 {.drain_delay = drain_delay}} {
        while (clients.size() < count) {
            clients.push_back(std::make_unique<WsClient>(
                served.address(), "", "", clients.size() % 2 == 0 ? "/" : "/parked"));
        }
    }

    /// Which clients have been told since the last call. Each answers by its own Close.
    std::vector<std::size_t> told() {
        std::vector<std::size_t> now;
        for (std::size_t which = 0; which < clients.size(); ++which) {
            if (clients[which] == nullptr || clients[which]->silent()) continue;
            EXPECT_EQ(clients[which]->next(), "close 1001 going away");
            clients[which]->send(ws_close(1001));
            EXPECT_EQ(clients[which]->next(), "end");
            clients[which].reset();
            now.push_back(which);
        }
        return now;
    }

    /// How many have been told, each of which has answered in time.
    std::size_t told_within(Duration time) {
        std::size_t count = told().size();
        for (Duration passed{}; passed < time; passed += 1s) {
            sleep(1s);
            count += told().size();
        }
        return count;
    }

    ServedApplication served;
    Clients clients{};
};

FAKE_CLOCK_TEST(WebSocketStop, TellsAllAtOnceBeforeTheServerCloses) {  // WS-030
    Drained some{0s};
    http::stopping().set();
    EXPECT_EQ(some.told().size(), kCount);
    EXPECT_TRUE(some.served.server.started());
    EXPECT_TRUE(some.served.server.join_connections(1s));
}

FAKE_CLOCK_TEST(WebSocketStop, TellsThemEvenlyOverTheDrain) {  // WS-030
    Drained some{10s};
    http::stopping().set();
    std::vector<std::size_t> order = some.told();
    EXPECT_EQ(order.size(), 1U) << "the drain begins";
    for (std::size_t quarter = 1; quarter < 4; ++quarter) {
        sleep(2500ms);
        for (const std::size_t which : some.told()) order.push_back(which);
        EXPECT_EQ(order.size(), quarter * kCount / 4 + 1);
    }
    sleep(2500ms);
    for (const std::size_t which : some.told()) order.push_back(which);
    EXPECT_EQ(order.size(), kCount) << "the drain ends";
}

// That the 17 which are told by then all are of the 20 which came first happens once in 70 million runs.
FAKE_CLOCK_TEST(WebSocketStop, TellsThemInAnOrderOfChance) {  // WS-030
    Drained some{10s};
    http::stopping().set();
    sleep(4s);
    std::size_t late = 0;
    for (const std::size_t which : some.told()) late += which >= kCount / 2 ? 1 : 0;
    EXPECT_GT(late, 0U);
}

FAKE_CLOCK_TEST(WebSocketStop, TellsTheRestAtOnceWhenTheServerCloses) {  // WS-030
    Drained some{10s};
    http::stopping().set();
    sleep(1s);
    const std::size_t before = some.told().size();
    EXPECT_LT(before, kCount);
    const auto began = now();
    some.served.server.stop(1h);
    EXPECT_EQ(now(), began);
    EXPECT_EQ(before + some.told().size(), kCount);
}

FAKE_CLOCK_TEST(WebSocketStop, ComesToThoseOfAServerThatRetires) {  // WS-030
    Drained some{10s};
    some.served.server.retire();
    EXPECT_EQ(some.told().size(), 1U);
    EXPECT_EQ(some.told_within(10s), kCount - 1);
    EXPECT_TRUE(some.served.server.join_connections(1s));
}

FAKE_CLOCK_TEST(WebSocketStop, IsNotHeldUpByThoseThatLeave) {  // WS-030
    Drained some{10s};
    http::stopping().set();
    EXPECT_EQ(some.told().size(), 1U);
    for (std::size_t which = 0; which < kCount / 2; ++which) some.clients[which].reset();
    std::size_t left = 0;
    for (const auto& client : some.clients) left += client != nullptr ? 1 : 0;
    EXPECT_EQ(some.told_within(10s), left);
}

FAKE_CLOCK_TEST(WebSocketStop, LetsNoneBegin) {  // WS-006
    Drained some{10s, 2};
    http::stopping().set();
    for (const char* path : {"/", "/parked"}) {
        const WsClient late{some.served.address(), "", "", path};
        EXPECT_THAT(late.head, HasSubstr("HTTP/1.1 503 "));
    }
}

// Its handshake had begun before, and a middleware held it up.
FAKE_CLOCK_TEST(WebSocketStop, IsNotBegunAnewByALateHandshake) {  // WS-030
    Event go;
    Drained some{10s, kCount, [&](Environ& request, StartResponse& start) {
                     StartResponse late{
                         [&](std::string status, http::Headers headers, std::exception_ptr error) {
                             go.wait();
                             return start(std::move(status), std::move(headers), std::move(error));
                         }};
                     return ws_echo()(request, late);
                 }};
    auto late = spawn({.stack_bytes = 262'144}, [&] {
        return WsClient{some.served.address(), "", "", "/late"}.next();
    });
    let_the_hub_turn();
    http::stopping().set();
    const std::size_t before = some.told_within(5s);
    EXPECT_LT(before, kCount);
    go.set();
    EXPECT_EQ(late.get(), "close 1001 going away");
    EXPECT_EQ(before + some.told_within(5s), kCount);
}

FAKE_CLOCK_TEST(WebSocketStop, ComesAgainToAServerThatIsStartedAgain) {  // WS-030
    Drained some{0s, 2};
    some.served.server.stop(1h);
    EXPECT_EQ(some.told().size(), 2U);
    some.served.server.start();
    WsClient client{some.served.address()};
    http::stopping().set();
    EXPECT_EQ(client.next(), "close 1001 going away");
}

}  // namespace
}  // namespace grove::test
