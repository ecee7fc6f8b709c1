// Readiness that is true: whoever asks the admin of the built binary while its workers do not answer. O-021
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "prometheus_text.h"
#include "running_program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class StandIn : public Supervised {
protected:
    StandIn() { more_log_ = R"(, "blocking": 0.1)"; }

    /// With an admin, whose port is known then.
    void start(const std::string& members) {
        server_ = serve(R"("admin": "127.0.0.1:0", )" + members);
        admin_ = admin_port(*server_);
    }
    std::string get(const std::string& path) const { return ask(admin_, path); }
    PrometheusText metrics() const { return PrometheusText{body_of(get("/metrics"))}; }
    /// A request that keeps the thread of whoever answers it; the log has said so.
    std::unique_ptr<PlainClient> block(const std::string& target) {
        auto client = std::make_unique<PlainClient>(server_->port);
        client->send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        line_with(*server_, "has been kept");
        return client;
    }
    /// `grove health`, of this server.
    ProgramResult health(const std::vector<std::string>& flags) const {
        const std::string config = (folder_.path() / "health.json").string();
        std::ofstream{config} << R"({"apps": [{"app": "hello"}], "admin": "127.0.0.1:)" << admin_
                              << "\"}";
        std::vector<std::string> command{GROVE_TEST_BINARY, "health", config};
        command.insert(command.end(), flags.begin(), flags.end());
        return run_program(command);
    }

    std::unique_ptr<Serving> server_;
    std::uint16_t admin_ = 0;
};

TEST_F(StandIn, AnswersWhileNoWorkerDoes) {
    start(R"("timeouts": {"worker": null}, "apps": [{"app": "blocker"}])");
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(health({"--ready"}).exit_code, 0);

    const auto stuck = block("/loop");
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
    for (const char* path : {"/metrics", "/greenlets", "/", "/healthz/"})
        EXPECT_THAT(get(path), StartsWith("HTTP/1.1 503 ")) << path;
    const PlainClient rebound{admin_};  // O-085
    rebound.send("GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(rebound.read_to_end(), StartsWith("HTTP/1.1 421 "));
    EXPECT_EQ(health({}).exit_code, 0);
    const ProgramResult unready = health({"--ready"});
    EXPECT_EQ(unready.exit_code, 1);
    EXPECT_THAT(unready.errors, HasSubstr("503"));

    ::kill(server_->workers().at(0), SIGKILL);
    line_with(*server_, "another takes its place");
    while (!get("/metrics").starts_with("HTTP/1.1 200 ")) std::this_thread::yield();
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));
    while (server_->workers().size() > 1) std::this_thread::yield();  // it is gone
}

TEST_F(StandIn, IsNotNeededWhileAnotherWorkerAnswers) {
    start(R"("workers": 2, "timeouts": {"worker": null}, "apps": [{"app": "blocker"}])");
    const auto stuck = block("/loop");
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));
    const PrometheusText all = metrics();
    EXPECT_EQ(all["grove_workers{state=\"ready\"}"], 1);
    EXPECT_EQ(all["grove_workers{state=\"blocked\"}"], 1);
    EXPECT_EQ(all["grove_workers{state=\"draining\"}"], 0);
    while (metrics()["grove_blocking_seconds_total"] < 0.5) std::this_thread::yield();
}

// Of a worker that is killed, its successor is there soon; of one that loads long, not.
TEST_F(StandIn, AnswersWhileTheOnlyWorkerLoads) {
    start(R"("apps": [{"app": "blocker", "config": {"make": 3}}])");
    ::kill(server_->workers().at(0), SIGKILL);
    line_with(*server_, "another takes its place");
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    while (!get("/readyz").starts_with("HTTP/1.1 200 ")) std::this_thread::yield();
}

// A-004: whoever probes it meanwhile is not to take it for dead.
TEST_F(StandIn, AnswersWhileTheFirstWorkersLoad) {
    ASSERT_EQ(::mkfifo(file("gate").c_str(), 0600), 0);
    const std::string admin = file("admin");
    const std::string config =
        configuration(R"("admin": "unix:)" + admin +
                      R"(", "workers": 2, "apps": [{"app": "unruly", "config": {"fifo": 1}}])");
    RunningProgram server{serve_command({config}), file("output")};
    const auto health = [&](const std::vector<std::string>& flags) {
        std::vector<std::string> command{GROVE_TEST_BINARY, "health", config};
        command.insert(command.end(), flags.begin(), flags.end());
        return run_program(command).exit_code;
    };
    while (health({}) != 0) std::this_thread::yield();
    EXPECT_EQ(health({"--ready"}), 1);
    std::ofstream gate{file("gate")};
    while (!server.read_error_line().starts_with("grove: admin on ")) {
    }
    while (health({"--ready"}) != 0) std::this_thread::yield();
    server.send_signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
}

TEST_F(StandIn, EndsWithItsMaster) {
    start(R"("timeouts": {"worker": null, "shutdown": 0.1}, "apps": [{"app": "blocker"}])");
    const auto stuck = block("/loop");
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    const std::vector<pid_t> children = server_->workers();
    EXPECT_EQ(children.size(), 2U);
    server_->program.send_signal(SIGQUIT);
    server_->program.wait();
    for (const pid_t pid : children) {
        while (alive(pid)) std::this_thread::yield();
    }
}

TEST_F(StandIn, LetsAWorkerThatDrainsCountAsSuch) {
    start(R"("workers": 1, "timeouts": {"shutdown": null}, "apps": [{"app": "echo"}])");
    const PlainClient client{server_->port};
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");
    ::kill(server_->workers().at(0), SIGTERM);  // it alone
    line_with(*server_, "another takes its place");
    EXPECT_EQ(metrics()["grove_workers{state=\"draining\"}"], 1);
    while (!get("/readyz").starts_with("HTTP/1.1 200 ")) std::this_thread::yield();
    EXPECT_EQ(metrics()["grove_workers{state=\"draining\"}"], 1);
    client.send("ab");
    client.read_to_end();
    while (metrics()["grove_workers{state=\"draining\"}"] != 0) std::this_thread::yield();
}

TEST_F(StandIn, IsWhatHealthDoesNotWaitForLong) {
    start(R"("apps": [{"app": "hello"}])");
    server_->program.send_signal(SIGSTOP);
    ::kill(server_->workers().at(0), SIGSTOP);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(health({"--ready"}).exit_code, 1);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 2s);
    ::kill(server_->workers().at(0), SIGCONT);
    server_->program.send_signal(SIGCONT);
}

}  // namespace
}  // namespace grove
