// Starting, stopping and serving for ever (S-004 to S-013).
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/connect.h>
#include <grove/core/errors.h>
#include <grove/core/event.h>
#include <grove/core/greenlet.h>
#include <grove/core/hub.h>
#include <grove/core/timeout.h>
#include <grove/core/wait.h>
#include <grove/http/stream_server.h>
#include <grove/pool/pool.h>

#include "greenlet_test.h"
#include "http_client.h"
#include "stream_servers.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;
using http::ServerOptions;
using http::StreamServer;

bool refuses(const StreamServer& server) {
    try {
        connect(address_of(server), 1s);
    } catch (const std::system_error&) {
        return true;
    }
    return false;
}

auto real_now() { return std::chrono::steady_clock::now(); }

GREENLET_TEST(BaseServer, TellsItsState) {  // S-004, S-005
    StreamServer server{"127.0.0.1:0", say_x};
    EXPECT_FALSE(server.started());
    EXPECT_TRUE(server.closed());

    server.start();
    EXPECT_TRUE(server.started());
    EXPECT_FALSE(server.closed());
    const std::string address = server.address();
    EXPECT_EQ(address, "127.0.0.1:" + std::to_string(server.server_port()));
    server.start();  // no effect
    EXPECT_EQ(server.address(), address);

    server.stop();
    EXPECT_FALSE(server.started());
    EXPECT_TRUE(server.closed());
}

GREENLET_TEST(BaseServer, ClosedGoesOnWithItsHandlers) {  // S-006
    Event go;
    StreamServer server{"127.0.0.1:0", [&](Stream& stream, const Address&) {
                            go.wait();
                            stream.sendall("late");
                        }};
    server.start();
    Client client{address_of(server)};
    let_the_hub_turn();

    server.close();
    server.close();
    EXPECT_TRUE(refuses(server));
    go.set();

    EXPECT_EQ(client.read_to_end(), "late");
}

GREENLET_TEST(BaseServer, StoppedKillsWhatDoesNotEnd) {  // S-007
    for (const http::Spawn& spawn : {http::Spawn{}, http::Spawn{5}}) {
        bool killed = false;
        StreamServer server{"127.0.0.1:0",
                            [&](Stream&, const Address&) {
                                try {
                                    sleep(10s);
                                } catch (const GreenletExit&) {
                                    killed = true;
                                    throw;
                                }
                            },
                            {.spawn = spawn}};
        server.start();
        Client client{address_of(server)};
        let_the_hub_turn();

        const auto began = real_now();
        server.stop(50ms);

        EXPECT_GE(real_now() - began, 45ms);
        EXPECT_LT(real_now() - began, 5s);
        EXPECT_TRUE(killed);
        EXPECT_TRUE(client.at_end());
    }
}

GREENLET_TEST(BaseServer, MayBeStoppedAnyNumberOfTimes) {  // S-009
    StreamServer server{"127.0.0.1:0", [](Stream&, const Address&) { sleep(20ms); }};
    server.stop();
    server.start();
    Client client{address_of(server)};
    let_the_hub_turn();
    std::vector<AnyGreenlet> stoppers;
    for (int count = 0; count < 3; ++count) stoppers.push_back(spawn([&] { server.stop(5s); }));
    joinall(stoppers);
    server.stop();
    EXPECT_TRUE(server.closed());
}

GREENLET_TEST(BaseServer, StoppedByAHandlerWaitsOnlyForTheOthers) {  // S-010
    StreamServer* self = nullptr;
    StreamServer server{"127.0.0.1:0", [&](Stream& stream, const Address&) {
                            self->stop(5s);
                            stream.sendall("stopped");
                        }};
    self = &server;
    server.start();
    const auto began = real_now();

    EXPECT_EQ(Client{address_of(server)}.read_to_end(), "stopped");
    EXPECT_LT(real_now() - began, 4s);
}

GREENLET_TEST(BaseServer, StoppedByTwoHandlersWaitsForNeither) {  // S-010
    for (const http::Spawn& spawn : {http::Spawn{}, http::Spawn{5}}) {
        StreamServer* self = nullptr;
        int running = 0;
        Event all_run;
        Event go;
        StreamServer server{"127.0.0.1:0",
                            [&](Stream& stream, const Address&) {
                                const bool stops = running < 2;
                                if (++running == 3) all_run.set();
                                all_run.wait();
                                stops ? self->stop(5s) : static_cast<void>(go.wait());
                                stream.sendall(stops ? "stopped" : "done");
                            },
                            {.spawn = spawn}};
        self = &server;
        server.start();
        Client first{address_of(server)};
        Client second{address_of(server)};
        Client third{address_of(server)};
        const auto began = real_now();
        EXPECT_TRUE(first.silent());  // the third still runs
        EXPECT_TRUE(second.silent());
        go.set();

        EXPECT_EQ(third.read_to_end(), "done");
        EXPECT_EQ(first.read_to_end(), "stopped");
        EXPECT_EQ(second.read_to_end(), "stopped");
        EXPECT_LT(real_now() - began, 4s);
    }
}

GREENLET_TEST(BaseServer, StoppedByTwoHandlersKillsTheOthersOnly) {  // S-010
    StreamServer* self = nullptr;
    int running = 0;
    bool killed = false;
    Event all_run;
    StreamServer server{"127.0.0.1:0", [&](Stream& stream, const Address&) {
                            const bool stops = running < 2;
                            if (++running == 3) all_run.set();
                            all_run.wait();
                            try {
                                stops ? self->stop(10ms) : sleep(10s);
                            } catch (const GreenletExit&) {
                                killed = !stops;
                                throw;
                            }
                            stream.sendall("stopped");
                        }};
    self = &server;
    server.start();
    Client first{address_of(server)};
    Client second{address_of(server)};
    Client third{address_of(server)};

    EXPECT_EQ(first.read_to_end(), "stopped");
    EXPECT_EQ(second.read_to_end(), "stopped");
    EXPECT_TRUE(third.at_end());
    EXPECT_TRUE(killed);
}

GREENLET_TEST(BaseServer, StoppedInASharedPoolLeavesTheOthersAlone) {  // S-008
    auto pool = std::make_shared<Pool>(5);
    auto foreign = pool->spawn([] { sleep(100ms); });
    StreamServer server{
        "127.0.0.1:0", [](Stream&, const Address&) { sleep(10s); }, {.spawn = pool}};
    server.start();
    Client client{address_of(server)};
    let_the_hub_turn();

    server.stop(10ms);

    EXPECT_TRUE(client.at_end());
    EXPECT_FALSE(foreign.dead());
    foreign.get();
}

GREENLET_TEST(BaseServer, ServesForEverUntilItIsStoppedOrClosed) {  // S-011
    for (const bool stop : {true, false}) {
        StreamServer server{"127.0.0.1:0", say_x};
        auto forever = spawn([&] { server.serve_forever(); });
        sleep();
        EXPECT_EQ(Client{address_of(server)}.read_to_end(), "x");

        stop ? server.stop() : server.close();

        forever.get(true, 5s);
        EXPECT_TRUE(server.closed());
    }
}

GREENLET_TEST(BaseServer, InterruptedStopsBeforeItLetsTheCauseThrough) {  // S-011
    StreamServer server{"127.0.0.1:0", say_x};
    auto forever = spawn([&] { server.serve_forever(); });
    sleep();
    forever.kill();
    EXPECT_TRUE(forever.successful());
    EXPECT_TRUE(refuses(server));

    EXPECT_FALSE(try_for(20ms, [&] { server.serve_forever(); }));
    EXPECT_TRUE(server.closed());
}

GREENLET_TEST(BaseServer, StoppedBeforeItServesReturnsAtOnce) {  // S-011
    StreamServer server{"127.0.0.1:0", say_x};
    auto forever = spawn([&] { server.serve_forever(); });
    server.stop();  // before it ran
    forever.get(true, 5s);
    EXPECT_TRUE(server.closed());

    auto again = spawn([&] { server.serve_forever(); });  // that stop was used up
    sleep();
    EXPECT_TRUE(server.started());
    server.stop();
    again.get(true, 5s);

    server.start();  // forgets an earlier stop()
    auto third = spawn([&] { server.serve_forever(); });
    sleep();
    EXPECT_TRUE(server.started());
    server.stop();
    third.get(true, 5s);
}

GREENLET_TEST(BaseServer, StartedAnewAtOnceIsLeftAloneByWhoServedItBefore) {  // S-011, S-012
    for (const bool stop : {true, false}) {
        for (const bool kill : {true, false}) {
            StreamServer server{"127.0.0.1:0", say_x};
            auto forever = spawn([&] { server.serve_forever(); });
            sleep();

            stop ? server.stop() : server.close();
            server.start();  // before serve_forever() has run
            if (kill) forever.kill(GreenletExit{}, false);
            forever.get(true, 5s);

            EXPECT_TRUE(server.started());
            EXPECT_EQ(Client{address_of(server)}.read_to_end(), "x");
            server.stop();
        }
    }
}

GREENLET_TEST(BaseServer, StartsAgainWhereItWas) {  // S-012
    StreamServer server{"127.0.0.1:0", say_x};
    std::string address;
    for (int round = 0; round < 3; ++round) {
        server.start();
        if (round > 0) {
            EXPECT_EQ(server.address(), address);
        }
        address = server.address();
        EXPECT_EQ(Client{address_of(server)}.read_to_end(), "x");
        server.stop();
    }
}

GREENLET_TEST(BaseServer, PausesAndResumesAccepting) {  // S-013
    StreamServer server{"127.0.0.1:0", say_x};
    server.start();
    server.stop_accepting();
    Client client{address_of(server)};
    EXPECT_TRUE(client.silent());

    server.start_accepting();

    EXPECT_EQ(client.read_to_end(), "x");
}

}  // namespace
}  // namespace grove::test
