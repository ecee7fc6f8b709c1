// Environ::release_slot(): requests that run for long beside a pool that others need.
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/timeout.h>
#include <grove/http/http_error.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// "/wait" gives its slot back and waits for `go`; anything else answers.
struct DetachedWaiting {
    Event go;
    http::ServerMetrics metrics;

    http::Application application() {
        return [this](http::Environ& environ, http::StartResponse& start) {
            if (environ["PATH_INFO"] == "/wait") {
                environ.release_slot();
                environ.release_slot();  // has no effect
                go.wait();
            }
            start("200 OK", {});
            return http::Body{"told"};
        };
    }
    http::WsgiOptions options(std::size_t most = 10'000) {
        http::WsgiOptions options;
        options.spawn = 1;
        options.limits.detached = most;
        options.metrics = &metrics;
        return options;
    }
};

std::vector<std::unique_ptr<Client>> waiting_clients(const ServedApplication& served, int count) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<Client>(served.address()));
        clients.back()->send(get("/wait"));
    }
    let_the_hub_turn();
    return clients;
}

FAKE_CLOCK_TEST(Detached, RunsOnBesideThePool) {
    DetachedWaiting waiting;
    ServedApplication served{waiting.application(), waiting.options()};
    const auto clients = waiting_clients(served, 20);
    EXPECT_EQ(waiting.metrics.detached.value(), 20U);
    EXPECT_EQ(waiting.metrics.pool_in_use.value(), 0U);
    EXPECT_EQ(waiting.metrics.slow.value(), 0U);
    EXPECT_EQ(served.server.requests().size(), 20U);

    const auto began = now();
    EXPECT_EQ(served.ask(get()).body, "told");
    EXPECT_EQ(now(), began) << "at once";

    waiting.go.set();
    for (const auto& client : clients) EXPECT_EQ(client->brief(), "200 told");
    let_the_hub_turn();
    EXPECT_EQ(waiting.metrics.detached.value(), 0U);
    for (const auto& client : clients) {
        client->send(get());
        EXPECT_EQ(client->brief(), "200 told") << "the connection is as any other";
    }
    let_the_hub_turn();
    EXPECT_EQ(waiting.metrics.pool_in_use.value(), 0U);
}

// Those in line have the slot, not the next request of the connection.
FAKE_CLOCK_TEST(Detached, GivesItsSlotToWhoeverStandsInLine) {
    DetachedWaiting waiting;
    Event release;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 if (environ["PATH_INFO"] == "/wait") {
                                     release.wait();
                                     environ.release_slot();
                                     waiting.go.wait();
                                 }
                                 start("200 OK", {});
                                 return http::Body{"told"};
                             },
                             waiting.options()};
    const auto clients = waiting_clients(served, 1);
    Client other{served.address()};
    other.send(get());
    let_the_hub_turn();
    EXPECT_EQ(served.calls, 1);
    release.set();
    EXPECT_EQ(other.brief(), "200 told");
    waiting.go.set();
    EXPECT_EQ(clients.front()->brief(), "200 told");
}

FAKE_CLOCK_TEST(Detached, BeyondTheLimitIsRefusedAndNothingHasChanged) {
    DetachedWaiting waiting;
    std::vector<std::string> lines;
    http::WsgiOptions options = waiting.options(1);
    options.error_log = [&](http::LogLevel level, std::string_view line) {
        EXPECT_EQ(level, http::LogLevel::kInfo);
        lines.emplace_back(line);
    };
    ServedApplication served{waiting.application(), options};
    const auto clients = waiting_clients(served, 1);

    const Answer refusal = served.ask(get("/wait"));
    EXPECT_EQ(refusal.status, 503);
    EXPECT_EQ(refusal.body, "Service Unavailable") << "no key of a configuration";
    EXPECT_FALSE(refusal.says_close());
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines.front(), HasSubstr("GET /wait: "));
    EXPECT_THAT(lines.front(),
                EndsWith("limits.detached: 1 requests run without their slots already"));
    EXPECT_EQ(served.ask(get()).body, "told");
    EXPECT_EQ(waiting.metrics.detached.value(), 1U);
    EXPECT_EQ(waiting.metrics.pool_in_use.value(), 0U);

    waiting.go.set();
    EXPECT_EQ(clients.front()->brief(), "200 told");
    EXPECT_EQ(served.ask(get("/wait")).status, 200) << "there is room again";
}

FAKE_CLOCK_TEST(Detached, MayGoOnWithItsSlotWhereThereIsNoRoom) {
    DetachedWaiting waiting;
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 std::string said = "had room";
                                 try {
                                     environ.release_slot();
                                 } catch (const http::HttpError& error) {
                                     EXPECT_EQ(error.status(), 503);
                                     said = "none";
                                 }
                                 start("200 OK", {});
                                 return http::Body{said};
                             },
                             waiting.options(0)};
    EXPECT_EQ(served.ask(get()).body, "none");
}

FAKE_CLOCK_TEST(Detached, IsDecidedByTheGreenletThatServesAlone) {
    DetachedWaiting waiting;
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 auto other = spawn([&environ] {
                                     EXPECT_THROW(environ.release_slot(), std::logic_error);
                                 });
                                 other.join();
                                 start("200 OK", {});
                                 return http::Body{"told"};
                             },
                             waiting.options()};
    EXPECT_EQ(served.ask(get()).body, "told");
}

FAKE_CLOCK_TEST(Detached, HasNoEffectWhereThereAreNoSlots) {
    DetachedWaiting waiting;
    http::WsgiOptions options = waiting.options(0);
    options.spawn = {};
    ServedApplication served{waiting.application(), options};
    const auto clients = waiting_clients(served, 2);
    EXPECT_EQ(waiting.metrics.detached.value(), 0U);
    waiting.go.set();
    for (const auto& client : clients) EXPECT_EQ(client->brief(), "200 told");
}

// A generator, too, may find out late that it will be long.
FAKE_CLOCK_TEST(Detached, ByAGeneratorInTheMidst) {
    DetachedWaiting waiting;
    ServedApplication served{
        [&](http::Environ& environ, http::StartResponse& start) {
            start("200 OK", {{"Content-Length", "2"}});
            if (environ["PATH_INFO"] != "/wait") return http::Body{"ok"};
            int piece = 0;
            return http::Body{[&, piece]() mutable -> std::optional<std::string> {
                if (piece == 1) {
                    environ.release_slot();
                    waiting.go.wait();
                }
                return ++piece > 2 ? std::nullopt : std::optional<std::string>{"x"};
            }};
        },
        waiting.options()};
    const auto clients = waiting_clients(served, 3);
    EXPECT_EQ(served.ask(get()).body, "ok");
    waiting.go.set();
    for (const auto& client : clients) EXPECT_EQ(client->brief(), "200 xx");
}

// The time-out, a kill and a stop find it as if it had its slot.
FAKE_CLOCK_TEST(Detached, IsCutByTheTimeOut) {  // A-024, S-117
    DetachedWaiting waiting;
    http::WsgiOptions options = waiting.options();
    options.timeouts.request = 5s;
    ServedApplication served{waiting.application(), options};
    const auto clients = waiting_clients(served, 1);
    const auto began = now();
    EXPECT_EQ(clients.front()->answer().status, 503);
    EXPECT_EQ(now() - began, 5s);
    let_the_hub_turn();
    EXPECT_EQ(waiting.metrics.detached.value(), 0U);
}

FAKE_CLOCK_TEST(Detached, IsFoundByAKillAlsoAfterTheWake) {  // A-024, S-116
    for (const bool after_the_wake : {false, true}) {
        DetachedWaiting waiting;
        AnyGreenlet handler;
        ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                     handler = getcurrent();
                                     environ.release_slot();
                                     waiting.go.wait();
                                     start("200 OK", {});
                                     return http::Body{"told"};
                                 },
                                 waiting.options()};
        const auto clients = waiting_clients(served, 1);
        if (after_the_wake) waiting.go.set();
        handler.kill(GreenletExit{}, false);
        // What woke it is not lost.
        EXPECT_EQ(clients.front()->answer().status, after_the_wake ? 200 : 503);
        let_the_hub_turn();
        EXPECT_TRUE(handler.dead());
        EXPECT_EQ(waiting.metrics.detached.value(), 0U);
        EXPECT_EQ(waiting.metrics.pool_in_use.value(), 0U);
        EXPECT_EQ(served.server.requests_running(), 0U);
    }
}

FAKE_CLOCK_TEST(Detached, IsWaitedForByAStopAndThenKilled) {  // A-024, S-013
    DetachedWaiting waiting;
    ServedApplication served{waiting.application(), waiting.options()};
    const auto clients = waiting_clients(served, 2);
    const auto began = now();
    served.server.stop(3s);
    EXPECT_EQ(now() - began, 3s);
    EXPECT_EQ(waiting.metrics.detached.value(), 0U);
    EXPECT_EQ(served.server.requests_running(), 0U);
    for (const auto& client : clients) EXPECT_EQ(client->answer().status, 503);
}

// Nobody reads: it has no slot to lose to that, and no other count.
FAKE_CLOCK_TEST(Detached, IsNotCountedAsSlowToo) {  // A-024, O-071
    DetachedWaiting waiting;
    ServedApplication served{[](http::Environ& environ, http::StartResponse& start) {
                                 if (environ["PATH_INFO"] == "/wait") {
                                     environ.release_slot();
                                     const http::Write write = start("200 OK", {});
                                     for (int i = 0; i < 64; ++i) write(std::string(1 << 18, 'x'));
                                     return http::Body{};
                                 }
                                 start("200 OK", {});
                                 return http::Body{"told"};
                             },
                             waiting.options()};
    const auto clients = waiting_clients(served, 1);
    sleep(4s);
    EXPECT_EQ(waiting.metrics.slow.value(), 0U);
    EXPECT_EQ(waiting.metrics.detached.value(), 1U);
    clients.front()->reset();
    EXPECT_TRUE(served.quiet());
    EXPECT_EQ(waiting.metrics.detached.value(), 0U);
}

}  // namespace
}  // namespace grove::test
