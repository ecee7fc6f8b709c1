// Requests that last, by the real binary: clients that go, a server that stops.
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Lasting : public Supervised {};

constexpr const char* kApp = R"(, "apps": [{"app": "lasting"}])";

std::unique_ptr<PlainClient> begin(Serving& server, const std::string& path) {
    auto client = std::make_unique<PlainClient>(server.port);
    client->send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    line_with(server, path + " has begun");
    return client;
}

TEST_F(Lasting, LearnsThatItsClientHasGone) {  // A-020
    const auto server = serve(R"("pool": 1)" + std::string{kApp});
    auto client = begin(*server, "/gone");
    client.reset();
    line_with(*server, "nobody waits for /gone");
    begin(*server, "/next");  // it has the slot
}

TEST_F(Lasting, IsEndedByItsTimeoutOnceItsClientHasGone) {  // A-022
    const auto server =
        serve(R"("pool": 1, "timeouts": {"abandoned": 0.1}, "abandoned_on_fin": true)" +
              std::string{kApp});
    auto client = begin(*server, "/on");
    client.reset();
    EXPECT_THAT(line_with(*server, "its client has gone: ended by timeouts.abandoned"),
                HasSubstr(" info ["));
    begin(*server, "/next");  // it has the slot
}

// It sends nothing more, and still reads.
TEST_F(Lasting, IsEndedByItsTimeoutAfterAFinIfThatIsAskedFor) {  // A-022
    const auto server =
        serve(R"("pool": 1, "timeouts": {"abandoned": 0.1}, "abandoned_on_fin": true)" +
              std::string{kApp});
    const auto client = begin(*server, "/on");
    client->end_sending();
    EXPECT_THAT(line_with(*server, "its client has gone: ended by timeouts.abandoned"),
                HasSubstr(" info ["));
    begin(*server, "/next");  // it has the slot
}

TEST_F(Lasting, EndsByItselfWhenTheServerStops) {  // A-023
    for (const int signal : {SIGTERM, SIGINT}) {
        const auto server = serve(R"("timeouts": {"shutdown": null})" + std::string{kApp});
        const auto client = begin(*server, "/stream");
        client->read_until("data: here\n\n");
        server->program.send_signal(signal);
        EXPECT_THAT(client->read_to_end(), EndsWith("data: over\n\n\r\n0\r\n\r\n"));
        line_with(*server, "stop: all requests are answered");
        EXPECT_EQ(server->program.wait(), 0);
    }
}

// At the signal, not when the delay has passed.
TEST_F(Lasting, EndsByItselfBeforeTheDrainDelay) {  // A-023
    const auto server = serve(R"("timeouts": {"drain_delay": 3600})" + std::string{kApp});
    const auto client = begin(*server, "/stream");
    server->program.send_signal(SIGTERM);
    client->read_until("data: over\n\n");
    server->program.send_signal(SIGQUIT);
    EXPECT_EQ(server->program.wait(), 0);
}

// Only who was cut is called so.
TEST_F(Lasting, EndsWholeWhenTheServerStopsAtOnce) {  // A-023
    const auto server = serve(R"("timeouts": {"shutdown": null})" + std::string{kApp});
    const auto heeds = begin(*server, "/stream");
    heeds->read_until("data: here\n\n");
    const auto lasts = begin(*server, "/on");

    server->program.send_signal(SIGQUIT);

    EXPECT_THAT(heeds->read_to_end(), EndsWith("data: over\n\n\r\n0\r\n\r\n"));
    EXPECT_THAT(line_with(*server, " are cut"), EndsWith("stop: at once: 1 requests are cut"));
    EXPECT_THAT(line_with(*server, "stop: cut: "), HasSubstr("stop: cut: GET /on, "));
    EXPECT_THAT(lasts->read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Lasting, EndsByItselfInAWorkerThatAReloadRetires) {  // A-023
    const auto server = serve(R"("timeouts": {"shutdown": null})" + std::string{kApp});
    const auto client = begin(*server, "/stream");
    server->program.send_signal(SIGHUP);
    client->read_until("data: over\n\n");
    line_with(*server, "reload: all connections are finished");
    const auto other = begin(*server, "/stream");  // of the new one
    EXPECT_THAT(other->read_until("data: here\n\n"), HasSubstr("200 OK"));
}

// They are told evenly over drain_delay, and the worker does not end before, whatever timeouts.shutdown says.
TEST_F(Lasting, IsToldOfAReloadOverTheDrainDelay) {  // WS-030
    constexpr std::string_view kGoingAway{"\x88\x0c\x03\xe9going away"};
    constexpr std::string_view kClose{"\x88\x82\0\0\0\0\x03\xe9", 8};
    const auto server =
        serve(R"("timeouts": {"drain_delay": 1, "shutdown": 0.1}, "apps": [{"app": "realtime"}])");
    std::vector<std::unique_ptr<PlainClient>> clients;
    while (clients.size() < 8) {
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send(
            "GET /parked HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        clients.back()->read_until("\r\n\r\n");
    }
    server->program.send_signal(SIGHUP);
    for (auto& client : clients) {
        client->read_until(std::string{kGoingAway});
        client->send(std::string{kClose});
        EXPECT_EQ(client->read_to_end(), "");
        client.reset();  // the server waits for its end
    }
    line_with(*server, "reload: all connections are finished");
}

}  // namespace
}  // namespace grove
