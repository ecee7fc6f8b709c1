// Stopping a WsgiServer: what runs is answered, what is idle goes, nothing waits for itself (S-007 to S-012, S-133).
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/wait.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Answers "done" once `go` is set.
http::Application done_after(Event& go) {
    return [&go](http::Environ&, http::StartResponse& start) {
        go.wait();
        start("200 OK", {});
        return http::Body{"done"};
    };
}

auto real_now() { return std::chrono::steady_clock::now(); }

GREENLET_TEST(WsgiStop, ClosesIdleConnectionsAtOnce) {  // S-133
    ServedApplication served{say_hello()};
    std::vector<std::unique_ptr<Client>> idle;
    for (int count = 0; count < 10; ++count) {
        idle.push_back(std::make_unique<Client>(served.address()));
        idle.back()->send(count % 2 == 0 ? get() : "GET / HT");
        if (count % 2 == 0) idle.back()->answer();
    }
    let_the_hub_turn();

    const auto began = real_now();
    served.server.stop(20s);

    EXPECT_LT(real_now() - began, 5s);
    for (const auto& client : idle) EXPECT_TRUE(client->at_end());
}

GREENLET_TEST(WsgiStop, LetsABusyOneFinishAndDropsThePipelinedRest) {  // S-133
    Event go;
    ServedApplication served{done_after(go)};
    Client client{served.address()};
    client.send(get() + get());
    let_the_hub_turn();

    auto stopping = spawn([&] { served.server.stop(5s); });
    sleep();
    go.set();
    const Answer answer = client.answer();

    EXPECT_EQ(answer.body, "done");
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(client.at_end());
    stopping.join();
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiStop, ServesNothingBehindABodyThatItDrops) {  // S-087, S-133
    ServedApplication served{say_hello(), {.limits = {.body_buffer = 0}}};
    Client client{served.address()};
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    EXPECT_EQ(client.brief(), "200 hello");

    served.server.stop();
    EXPECT_TRUE(client.silent());
    client.send("c\r\n0\r\n\r\n" + get());

    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(served.calls, 1);
}

GREENLET_TEST(WsgiStop, AnswersThoseWhoWaitForASlot) {
    Event go;
    ServedApplication served{done_after(go), {.spawn = 1}};
    Client first{served.address()};
    first.send(get());
    Client second{served.address()};
    second.send(get());
    let_the_hub_turn();

    auto stopping = spawn([&] { served.server.stop(5s); });
    sleep();
    go.set();
    stopping.join();

    EXPECT_EQ(first.brief(), "200 done");
    EXPECT_EQ(second.brief(), "200 done");
}

GREENLET_TEST(WsgiStop, KillsWhatIsLeftAndRefusesThoseInLine) {  // S-007
    bool killed = false;
    ServedApplication served{[&](http::Environ&, http::StartResponse&) -> http::Body {
                                 try {
                                     sleep(10s);
                                 } catch (const GreenletExit&) {
                                     killed = true;
                                     throw;
                                 }
                                 return {};
                             },
                             {.spawn = 1}};
    Client running{served.address()};
    running.send(get());
    Client queued{served.address()};
    queued.send(get());
    let_the_hub_turn();

    const auto began = real_now();
    served.server.stop(100ms);

    EXPECT_GE(real_now() - began, 95ms);
    EXPECT_LT(real_now() - began, 5s);
    EXPECT_TRUE(killed);
    EXPECT_EQ(running.answer().status, 503);
    EXPECT_EQ(queued.answer().status, 503);
    EXPECT_TRUE(running.at_end());
    EXPECT_TRUE(queued.at_end());
    EXPECT_EQ(served.server.requests_running(), 0U);
    EXPECT_EQ(served.access_lines.size(), 2U);
}

GREENLET_TEST(WsgiStop,
              AtOnceWhileRequestsArriveLeavesNothingRunning) {  // S-007: greenlets that never ran
    for (int turns = 0; turns < 12; ++turns) {
        ServedApplication served{say_hello(), {.spawn = 2}};
        std::vector<std::unique_ptr<Client>> clients;
        for (int count = 0; count < 5; ++count) {
            clients.push_back(std::make_unique<Client>(served.address()));
            clients.back()->send(get() + get());
        }
        for (int turn = 0; turn < turns; ++turn) sleep();

        served.server.stop(Duration::zero());

        EXPECT_EQ(served.server.requests_running(), 0U);
        for (const auto& client : clients) {
            try {
                client->read_to_end();
            } catch (const std::system_error&) {  // accepted by the kernel only: reset (S-006)
            }
        }
    }
}

GREENLET_TEST(WsgiStop, CalledByAHandlerDoesNotWaitForItself) {  // S-010
    ServedApplication* self = nullptr;
    bool other_killed = false;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
        if (environ["PATH_INFO"] == "/stop") {
            self->server.stop(50ms);
        } else {
            try {
                sleep(10s);
            } catch (const GreenletExit&) {
                other_killed = true;
                throw;
            }
        }
        start("200 OK", {});
        return http::Body{"stopped"};
    }};
    self = &served;
    Client other{served.address()};
    other.send(get());
    let_the_hub_turn();
    Client client{served.address()};

    const auto began = real_now();
    client.send(get("/stop"));
    const Answer answer = client.answer();

    EXPECT_LT(real_now() - began, 5s);
    EXPECT_EQ(answer.body, "stopped");
    EXPECT_TRUE(answer.says_close());
    EXPECT_TRUE(other_killed);
    EXPECT_FALSE(served.server.started());
}

GREENLET_TEST(WsgiStop, BySeveralAtOnceReturnsToAll) {  // S-009
    ServedApplication served{[](http::Environ&, http::StartResponse& start) {
        sleep(50ms);
        start("200 OK", {});
        return http::Body{"done"};
    }};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();

    std::vector<AnyGreenlet> stoppers;
    for (int count = 0; count < 3; ++count) {
        stoppers.push_back(spawn([&] {
            served.server.stop(5s);
            EXPECT_EQ(served.server.requests_running(), 0U);
        }));
    }
    joinall(stoppers);

    EXPECT_EQ(client.brief(), "200 done");
}

GREENLET_TEST(WsgiStop, ByTwoHandlersDoesNotDeadlock) {  // S-009, S-010
    ServedApplication* self = nullptr;
    ServedApplication served{[&](http::Environ&, http::StartResponse& start) {
        self->server.stop(5s);
        start("200 OK", {});
        return http::Body{"stopped"};
    }};
    self = &served;
    Client first{served.address()};
    Client second{served.address()};

    const auto began = real_now();
    first.send(get());
    second.send(get());

    EXPECT_EQ(first.brief(), "200 stopped");
    EXPECT_EQ(second.brief(), "200 stopped");
    EXPECT_LT(real_now() - began, 4s);
}

GREENLET_TEST(WsgiStop, LeavesTheForeignGreenletsOfASharedPoolAlone) {  // S-008
    auto pool = std::make_shared<Pool>(5);
    auto foreign = pool->spawn([] { sleep(150ms); });
    {
        ServedApplication served{[](http::Environ&, http::StartResponse&) -> http::Body {
                                     sleep(10s);
                                     return {};
                                 },
                                 {.spawn = pool}};
        Client client{served.address()};
        client.send(get());
        let_the_hub_turn();
        served.server.stop(10ms);
        EXPECT_FALSE(foreign.dead());
    }
    foreign.get();
}

GREENLET_TEST(WsgiStop, CanTellWhatRunsAndWhatWaits) {
    Event go;
    ServedApplication served{done_after(go), {.spawn = 1}};
    Client idle{served.address()};
    Client runs{served.address()};
    runs.send(get("/run\\s?secret"));
    let_the_hub_turn();
    Client waits{served.address()};
    waits.send(post("x"));
    let_the_hub_turn();

    const std::vector<http::RequestInfo> requests = served.server.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].method, "GET");
    EXPECT_EQ(requests[0].path, "/run\\x5cs");
    EXPECT_GE(requests[0].age, 0s);
    EXPECT_NE(requests[0].greenlet, 0U);
    EXPECT_EQ(requests[1].method, "POST");
    EXPECT_EQ(requests[1].greenlet, 0U);

    served.server.close();
    EXPECT_FALSE(served.server.join_requests(1ms));
    EXPECT_TRUE(idle.at_end());
    go.set();
    EXPECT_TRUE(served.server.join_requests(5s));
    EXPECT_EQ(runs.brief(), "200 done");
    EXPECT_EQ(waits.brief(), "200 done");
    EXPECT_TRUE(served.server.requests().empty());
}

GREENLET_TEST(WsgiStop, NeitherWaitsForNorKillsRawHandlers) {  // S-007
    Event go;
    ServedApplication served{done_after(go), {.spawn = http::Spawn::raw()}};
    Client client{served.address()};
    client.send(get());
    let_the_hub_turn();

    served.server.stop(60s);

    EXPECT_EQ(served.server.requests_running(), 1U);
    go.set();
    EXPECT_EQ(client.brief(), "200 done");
    EXPECT_TRUE(served.server.join_connections(5s));
}

GREENLET_TEST(WsgiStop, CanBeFollowedByAStart) {  // S-012
    ServedApplication served{say_hello()};
    const Address address = served.address();
    for (int round = 0; round < 3; ++round) {
        Client client{address};
        client.send(get());
        EXPECT_FALSE(client.answer().says_close());
        client.send(get());
        EXPECT_EQ(client.brief(), "200 hello");
        served.server.stop();
        EXPECT_TRUE(client.at_end());
        served.server.start();
    }
}

// O-076: without the binary nobody ends the process for it.
TEST(WsgiStopDeathTest, NamesWhatHasNotEndedWhenItsServerIsDestroyed) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto destroy_one_that_runs = [] {
        http::WsgiServer server{"127.0.0.1:0",
                                [](http::Environ&, http::StartResponse&) -> http::Body {
                                    for (;;) {
                                        try {
                                            sleep(1h);
                                        } catch (...) {
                                        }
                                    }
                                }};
        server.start();
        Client client{Address::ip("127.0.0.1", server.server_port())};
        client.send(get("/stubborn"));
        while (server.requests_running() == 0) sleep();
        server.stop(Duration::zero());
    };
    EXPECT_DEATH(
        destroy_one_that_runs(),
        "GET /stubborn has not ended, greenlet \"Greenlet-[0-9]+\".*a server was destroyed "
        "while it answered requests");
}

}  // namespace
}  // namespace grove::test
