// The plugin events, by the real binary: what it streams, and how its streams end (SSE-001 to SSE-003).
#include <chrono>
#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "supervised.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr const char* kEvents =
    R"("pool": 1, "apps": [{"app": "events"}], "timeouts": {"shutdown": null})";
constexpr const char* kEnd = "retry: [1-5][0-9][0-9][0-9]\n\n\r\n0\r\n\r\n$";

class EventsApp : public Supervised {
protected:
    static std::unique_ptr<PlainClient> listen(const Serving& server, const std::string& path) {
        auto client = std::make_unique<PlainClient>(server.port);
        client->send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        return client;
    }
};

TEST_F(EventsApp, TellsTheTimeEachSecond) {
    const auto server = serve(kEvents);
    const auto client = listen(*server, "/clock");
    const std::string said = client->read_until("data: ") + client->read_until("\n\n");
    EXPECT_THAT(said, HasSubstr("\r\nContent-Type: text/event-stream\r\n"));
    EXPECT_THAT(said, ContainsRegex("data: [0-2][0-9]:[0-5][0-9]:[0-6][0-9]\n\n"));
    const auto first = steady_clock::now();
    client->read_until("data: ");
    EXPECT_GE(steady_clock::now() - first, 900ms);
}

TEST_F(EventsApp, TellsAllOfEachCount) {
    const auto server = serve(kEvents);
    const auto one = listen(*server, "/counter");
    const auto other = listen(*server, "/counter");
    for (const auto& client : {&one, &other}) (*client)->read_until("data: 0\n\n");
    EXPECT_THAT(server->ask("POST /counter HTTP/1.1"), StartsWith("HTTP/1.1 204 "));
    for (const auto& client : {&one, &other}) (*client)->read_until("data: 1\n\n");
    EXPECT_THAT(server->get("/"), HasSubstr("new EventSource("));
}

TEST_F(EventsApp, EndsAHundredStreamsAtOnceWhenTheServerStops) {  // SSE-003
    for (const int signal : {SIGTERM, SIGINT}) {
        const auto server = serve(kEvents);
        std::vector<std::unique_ptr<PlainClient>> clients;
        for (int i = 0; i < 100; ++i) {
            clients.push_back(listen(*server, i % 2 == 0 ? "/clock" : "/counter"));
            clients.back()->read_until("data: ");
        }
        const auto began = steady_clock::now();
        server->program.send_signal(signal);
        std::set<std::string> ends;
        for (const auto& client : clients) {
            const std::string rest = client->read_to_end();
            EXPECT_THAT(rest, ContainsRegex(kEnd));
            ends.insert(rest.substr(rest.rfind("retry: ")));
        }
        EXPECT_EQ(server->program.wait(), 0);
        EXPECT_LT(steady_clock::now() - began, 2s);
        EXPECT_GT(ends.size(), 10U);
    }
}

TEST_F(EventsApp, SendsItsClientsToTheWorkersThatAReloadHasMade) {  // SSE-003
    const auto server = serve(kEvents);
    const auto client = listen(*server, "/clock");
    client->read_until("data: ");
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(client->read_to_end(), ContainsRegex(kEnd));
    line_with(*server, "reload: all connections are finished");
    listen(*server, "/clock")->read_until("data: ");
}

TEST_F(EventsApp, IsRefusedBeyondTheLimitAndCounted) {  // SSE-003
    const auto server = serve(
        R"("limits": {"event_streams": 1}, "admin": "127.0.0.1:0", "apps": [{"app": "events"}])");
    const std::uint16_t admin = admin_port(*server);
    const auto first = listen(*server, "/clock");
    first->read_until("data: ");
    EXPECT_THAT(server->get("/clock"), StartsWith("HTTP/1.1 503 "));
    line_with(*server, "GET /clock: limits.event_streams: 1 event streams are open already");
    EXPECT_THAT(ask(admin, "/metrics"), HasSubstr("\ngrove_event_streams 1\n"));
}

}  // namespace
}  // namespace grove
