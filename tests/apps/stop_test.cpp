// What the log tells of a stop: a line for each phase, and each request that was cut.
#include <csignal>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Stop : public Supervised {};

// A request that runs: the application reads its body, which does not come.
void begin_request(const PlainClient& client, const std::string& path) {
    client.send("POST " + path +
                " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");
}

TEST_F(Stop, IsToldPhaseByPhase) {
    const auto server = serve(R"("timeouts": {"drain_delay": 0.05}, "apps": [{"app": "echo"}])");
    const PlainClient client{server->port};
    begin_request(client, "/");

    server->program.send_signal(SIGTERM);
    line_with(*server, "info [" + std::to_string(server->program.pid()) +
                           "] stop: running requests are answered (SIGTERM)");
    line_with(*server, "stop: serving goes on for drain_delay, 0.05");
    line_with(*server, "stop: the listeners are closed; 1 requests run or wait");
    client.send("ab");
    EXPECT_THAT(client.read_to_end(), HasSubstr("\"body\":\"ab\""));
    line_with(*server, "stop: all requests are answered");
    line_with(*server, "stop: stopped");
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Stop, TellsOfACutRequestItsAgeItsGreenletAndItsStack) {
    const auto server =
        serve(R"("pool": 1, "timeouts": {"shutdown": 0.1}, "apps": [{"app": "echo"}])");
    const PlainClient runs{server->port};
    begin_request(runs, "/runs\\%0a?token=secret");
    const PlainClient waits{server->port};
    waits.send("GET /waits HTTP/1.1\r\nHost: x\r\n\r\n");

    server->program.send_signal(SIGTERM);

    line_with(*server, "stop: timeouts.shutdown has passed: 2 requests are cut");
    EXPECT_THAT(
        line_with(*server, "stop: cut: "),
        ContainsRegex("cut: POST /runs\\\\x5c%0a, [0-9]+ ms old, \"[^\"]+\" blocked.*: .+ < "));
    EXPECT_THAT(line_with(*server, "stop: cut: "),
                ContainsRegex("cut: GET /waits, [0-9]+ ms old, waits for its body or a slot$"));
    EXPECT_THAT(runs.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(waits.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Stop, AtOnceNamesThemToo) {
    const auto server = serve(R"("timeouts": {"drain_delay": 3600}, "apps": [{"app": "echo"}])");
    const PlainClient client{server->port};
    begin_request(client, "/cut");
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: serving goes on for drain_delay");

    server->program.send_signal(SIGQUIT);

    line_with(*server, "stop: at once (SIGQUIT)");
    line_with(*server, "stop: cut: POST /cut, ");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Stop, OfAnOldWorkerNamesThemToo) {
    const auto server = serve(R"("timeouts": {"shutdown": 0.1}, "apps": [{"app": "echo"}])");
    const PlainClient client{server->port};
    begin_request(client, "/old");

    server->program.send_signal(SIGHUP);

    line_with(*server, "reload: timeouts.shutdown has passed: 1 requests are cut");
    line_with(*server, "reload: cut: POST /old, ");
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(server->get("/new"), HasSubstr("\"path\":\"/new\""));
}

// A request of the plugin that is unruly, which has read its body and runs.
void begin_unruly(const PlainClient& client, const std::string& path) {
    begin_request(client, path);
    client.send("ab");
}

constexpr const char* kUnruly =
    R"("timeouts": {"shutdown": 0.1, "unwind": 1.5}, "apps": [{"app": "unruly"}])";
constexpr const char* kLost =
    "ended with exit code 3 while it was ending, with 1 request in flight, the last begun POST "
    "/stubborn";

// O-008, O-076
TEST_F(Stop, EndsAWorkerWhoseRequestsDoNotAndNamesThem) {
    for (const int signal : {SIGTERM, SIGQUIT}) {
        const auto server = serve(kUnruly);
        const PlainClient client{server->port};
        begin_unruly(client, "/stubborn");

        server->program.send_signal(signal);

        line_with(*server, "stop: cut: POST /stubborn, ");
        const std::string named = line_with(*server, "stop: would not end: ");
        EXPECT_THAT(named, HasSubstr(" error ["));
        EXPECT_THAT(named,
                    ContainsRegex("POST /stubborn, [0-9]+ ms old, \"Greenlet-[0-9]+\" blocked"));
#if defined(__x86_64__)
        EXPECT_THAT(named, HasSubstr("sleep_until_killed"));
#endif
        line_with(*server,
                  "stop: 1 requests would not end: this worker ends without them, exit code 3");
        EXPECT_THAT(line_with(*server, "while it was ending"), HasSubstr(kLost));
        line_with(*server, "stop: stopped, but a worker was lost");
        EXPECT_EQ(server->program.wait(), 1);
    }
}

// O-008, O-076: the end of an old worker is not that of the server.
TEST_F(Stop, EndsAnOldWorkerWhoseRequestsDoNot) {
    const auto server = serve(kUnruly);
    const PlainClient client{server->port};
    begin_unruly(client, "/stubborn");

    reload(*server);

    line_with(*server, "reload: would not end: POST /stubborn, ");
    EXPECT_THAT(line_with(*server, "while it was ending"), HasSubstr(kLost));
    EXPECT_THAT(server->get("/"), EndsWith("unruly\n"));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// O-076: an old one is lost, too, if that is when all is to end.
TEST_F(Stop, OfAnOldWorkerThatIsLostMeanwhile) {
    const auto server =
        serve(R"("timeouts": {"shutdown": 3600, "unwind": 0.5}, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    begin_unruly(client, "/stubborn");
    reload(*server);
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: running requests are answered");
    server->program.send_signal(SIGQUIT);
    line_with(*server, "would not end: POST /stubborn, ");
    EXPECT_THAT(line_with(*server, "while it was ending"), HasSubstr(kLost));
    EXPECT_EQ(server->program.wait(), 1);
}

// O-076
TEST_F(Stop, TellsOfAWorkerThatDiesMeanwhile) {
    const auto server = serve(R"("timeouts": {"shutdown": 3600}, "apps": [{"app": "echo"}])");
    const PlainClient client{server->port};
    begin_request(client, "/runs");
    const pid_t worker = server->workers().at(0);
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: the listeners are closed");

    ::kill(worker, SIGKILL);

    EXPECT_THAT(line_with(*server, "worker " + std::to_string(worker) + " was ended"),
                HasSubstr("was ended by signal 9 (Killed) while it was ending, with 1 request in "
                          "flight, the last begun POST /runs"));
    line_with(*server, "stop: stopped, but a worker was lost");
    EXPECT_EQ(server->program.wait(), 1);
}

// O-075, O-076: it has lost its client already.
TEST_F(Stop, EndsAWorkerWhoseRequestSwallowsAll) {
    const auto server = serve(
        R"("timeouts": {"request": 0.1, "shutdown": 0.1, "unwind": 0.1}, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    begin_unruly(client, "/swallow");
    const std::string line = line_with(*server, "goes on a second after timeouts.request");
    EXPECT_THAT(line, HasSubstr("POST /swallow (request "));
#if defined(__x86_64__)
    EXPECT_THAT(line, HasSubstr("sleep_until_anything"));
#endif
    EXPECT_THROW(client.read_to_end(), std::system_error);

    server->program.send_signal(SIGTERM);

    line_with(*server, "stop: would not end: POST /swallow, ");
    EXPECT_EQ(server->program.wait(), 1);
}

// O-008
TEST_F(Stop, GivesWhatItCutsTheTimeToEnd) {
    const auto server =
        serve(R"("timeouts": {"shutdown": 0.1, "unwind": 3600}, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    begin_unruly(client, "/slow_end");

    server->program.send_signal(SIGTERM);

    line_with(*server, "stop: cut: POST /slow_end, ");
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("stop: stopped"));
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server->program.wait(), 0);
}

// O-008
TEST_F(Stop, AtOnceDoesNotWaitForeverForWhatMayTakeForever) {
    const auto server =
        serve(R"("timeouts": {"shutdown": 0.1, "unwind": null}, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    begin_unruly(client, "/stubborn");
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: cut: POST /stubborn, ");

    server->program.send_signal(SIGQUIT);

    line_with(*server, "stop: would not end: POST /stubborn, ");
    EXPECT_EQ(server->program.wait(), 1);
}

// O-008: as long as it takes, which is more than the 3 s there are by default, and the second in which it is named.
TEST_F(Stop, GivesWhatItCutsAllTheTimeThereIsIfThatHasNoEnd) {
    const auto server =
        serve(R"("timeouts": {"shutdown": 0.1, "unwind": null}, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    begin_unruly(client, "/slower_end");

    server->program.send_signal(SIGTERM);

    line_with(*server, "stop: cut: POST /slower_end, ");
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("stop: stopped"));
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server->program.wait(), 0);
}

// O-008: while what runs is given its time, nobody new is let in, and a balancer is told.
TEST_F(Stop, AtOnceIsNoTimeToWaitInAQueue) {
    const auto server = serve(
        R"("admin": "127.0.0.1:0", "timeouts": {"unwind": 3600}, "apps": [{"app": "unruly"}])");
    const std::uint16_t admin = admin_port(*server);
    EXPECT_THAT(ask(admin, "/readyz"), StartsWith("HTTP/1.1 200 "));
    const PlainClient client{server->port};
    begin_unruly(client, "/stubborn");

    server->program.send_signal(SIGQUIT);

    line_with(*server, "stop: cut: POST /stubborn, ");
    EXPECT_THROW(PlainClient{server->port}, std::system_error);
    EXPECT_THAT(ask(admin, "/readyz"), EndsWith("draining\n"));
    line_with(*server, "stop: would not end: POST /stubborn, ");
    EXPECT_EQ(server->program.wait(), 1);
}

// O-008
TEST_F(Stop, AtOnceIsNotPutOffByBeingAskedForAgain) {
    const auto server =
        serve(R"("timeouts": {"shutdown": 0.1, "unwind": null}, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    begin_unruly(client, "/stubborn");
    while (alive(server->program.pid())) {
        server->program.send_signal(SIGQUIT);
        std::this_thread::yield();
    }
    EXPECT_EQ(server->program.wait(), 1);
}

// O-008
TEST_F(Stop, OfAWorkerByItselfHasAnEndToo) {
    const auto server = serve(kUnruly);
    const PlainClient client{server->port};
    begin_unruly(client, "/stubborn");

    ::kill(server->workers().at(0), SIGTERM);

    line_with(*server, "another takes its place");
    line_with(*server, "stop: would not end: POST /stubborn, ");
    EXPECT_THAT(line_with(*server, "while it was ending"), HasSubstr(kLost));
    EXPECT_THAT(server->get("/"), EndsWith("unruly\n"));
}

// O-008: whatever keeps it, its clients do not wait for its end.
TEST_F(Stop, OfAWorkerByItselfThatNeverExitsHasAnEndToo) {
    const auto server = serve(
        R"("timeouts": {"shutdown": 0.1, "unwind": 0.5}, "apps": [{"app": "unruly", "config": {"never_exit": 1}}])");
    const pid_t told = server->workers().at(0);
    ::kill(told, SIGTERM);
    line_with(*server, "another takes its place");
    // Until it has closed its listener it answers what comes there.
    const std::string its_own = "worker " + std::to_string(told) + ".\n";
    while (body_of(server->get("/pid")) == its_own) ASSERT_TRUE(alive(told));
    EXPECT_THAT(line_with(*server, "did not end in time, and is killed"),
                HasSubstr("worker " + std::to_string(told)));
}

TEST_F(Stop, DoesNotWaitForTheIdleConnectionsOfAnOldWorker) {
    const auto server = serve(R"("timeouts": {"shutdown": 3600}, "apps": [{"app": "hello"}])");
    const PlainClient client{server->port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("World!");
    server->program.send_signal(SIGHUP);
    line_with(*server, "reload: this worker finishes 1 connections");

    server->program.send_signal(SIGTERM);

    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(server->program.wait(), 0);
}

}  // namespace
}  // namespace grove
