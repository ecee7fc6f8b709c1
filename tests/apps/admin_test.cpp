// What an operator asks a running server: health, readiness, metrics, greenlets.
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grove/core/version.h>

#include "program.h"
#include "prometheus_text.h"
#include "running_program.h"
#include "serving.h"
#include "supervised.h"
#include "temporary_folder.h"
#include "test_certificates.h"

namespace grove {
namespace {

using test::Authority;
using test::KeyKind;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::uint16_t port_of(const std::string& line) {
    return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

std::string ask(std::uint16_t port, const std::string& request) {
    const PlainClient client{port};
    client.send(request + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
}

class Admin : public testing::Test {
protected:
    std::string file(const char* name) const { return (folder_.path() / name).string(); }

    std::string configuration(const std::string& members) const {
        std::ofstream{file("grove.json")} << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")"
                                          << GROVE_TEST_APPS "\", \"" GROVE_TEST_PLUGINS
                                          << R"("], "log": {"access": "off"}, )" << members << "}";
        return file("grove.json");
    }

    /// With an admin, whose port is known then.
    void serve(const std::string& members) {
        serve_file(configuration(R"("admin": "127.0.0.1:0", )" + members));
    }
    void serve_file(const std::string& config) {
        server_ = std::make_unique<Serving>(serve_command({config}), file("output"));
        const std::string line = server_->program.read_error_line();
        EXPECT_THAT(line, StartsWith("grove: admin on http://127.0.0.1:"));
        admin_ = port_of(line);
    }

    std::string get(const std::string& path) const { return ask(admin_, "GET " + path); }
    PrometheusText metrics() const { return PrometheusText{body_of(get("/metrics"))}; }
    /// Metrics in which the sample has that value: a worker may count after its answer has arrived.
    PrometheusText metrics_with(const std::string& sample, double value) const {
        for (;;) {
            PrometheusText all = metrics();
            if (all[sample] == value) return all;
            std::this_thread::yield();  // ctest's time-out, if it never has
        }
    }

    TemporaryFolder folder_;
    std::unique_ptr<Serving> server_;
    std::uint16_t admin_ = 0;
};

constexpr const char* kTwoHellos = R"("workers": 2, "apps": [{"app": "hello"}])";

TEST_F(Admin, AnswersItsFourPathsAndNoOther) {
    serve(kTwoHellos);
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(get("/metrics"), HasSubstr("Content-Type: text/plain; version=0.0.4"));
    EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(get("/healthz/"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(ask(admin_, "HEAD /healthz"), EndsWith("\r\n\r\n"));
    const std::string refused = ask(admin_, "DELETE /metrics");
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(refused, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

TEST_F(Admin, IsAskedByAddressesLocalhostAndItsNames) {  // O-085
    const auto status_for = [&](const std::string& host) {
        const PlainClient client{admin_};
        client.send("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        const std::string answer = client.read_to_end();
        EXPECT_EQ(answer.find("grove_requests_total") == answer.npos,
                  !answer.starts_with("HTTP/1.1 200 "));
        return answer.substr(9, 3);
    };
    serve(kTwoHellos);
    for (const char* const host : {"127.0.0.1", "10.0.0.7:9000", "[::1]:9000", "localhost:9000"})
        EXPECT_EQ(status_for(host), "200") << host;
    for (const char* const host : {"evil.example", "127.0.0.1.evil.example:9000", "grove"})
        EXPECT_EQ(status_for(host), "421") << host;

    configuration(std::string{R"("admin": {"address": "127.0.0.1:0", "names": ["grove"]}, )"} +
                  kTwoHellos);
    reload(*server_);
    for (bool taken_over = false; !taken_over;)  // an old worker may have accepted
        taken_over = status_for("grove:9000") == "200";
    EXPECT_EQ(status_for("evil.example"), "421");
}

TEST_F(Admin, WantsItsTokenForAllButProbes) {
    const std::string config = configuration(
        std::string{R"("admin": {"address": "127.0.0.1:0", "token": "s3cret="}, )"} + kTwoHellos);
    server_ = std::make_unique<Serving>(serve_command({config}), file("output"));
    admin_ = port_of(server_->program.read_error_line());
    const auto status_with = [&](const std::string& path, const std::string& authorization) {
        const PlainClient client{admin_};
        client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                    authorization + "\r\n");
        return client.read_to_end().substr(9, 3);
    };

    EXPECT_EQ(status_with("/healthz", ""), "200");
    EXPECT_EQ(status_with("/readyz", ""), "200");
    for (const char* const path : {"/metrics", "/greenlets"}) {
        EXPECT_EQ(status_with(path, "Authorization: Bearer s3cret=\r\n"), "200") << path;
        EXPECT_EQ(status_with(path, "authorization: bearer  s3cret=\r\n"), "200") << path;
        for (const char* const other :
             {"", "Authorization: Bearer\r\n", "Authorization: Bearer s3cret\r\n",
              "Authorization: Bearer s3cret==\r\n", "Authorization: Bearer S3cret=\r\n",
              "Authorization: Basic s3cret=\r\n", "Authorization: s3cret=\r\n"})
            EXPECT_EQ(status_with(path, other), "401") << path << ' ' << other;
    }
    EXPECT_EQ(status_with("/nosuch", ""), "401");
    EXPECT_THAT(get("/metrics"), HasSubstr("\r\nWWW-Authenticate: Bearer realm=\"grove\"\r\n"));
}

TEST_F(Admin, NamesTheWorkerWhoseGreenletsItShows) {
    serve(kTwoHellos);
    const std::string text = body_of(get("/greenlets"));
    const pid_t pid = std::stoi(text.substr(std::string{"worker "}.size()));
    EXPECT_THAT(server_->workers(), testing::Contains(pid));
    EXPECT_THAT(text, HasSubstr("\"main\" blocked in "));
    EXPECT_THAT(text, HasSubstr(" running, "));
}

TEST_F(Admin, HasEveryMetricFromTheStart) {
    serve(R"("workers": 2, "pool": 7, "apps": [{"app": "hello"}])");
    const PrometheusText all = metrics();
    const std::map<std::string, std::string> expected{
        {"grove_build_info", "gauge"},
        {"grove_requests_total", "counter"},
        {"grove_requests_in_flight", "gauge"},
        {"grove_connections", "gauge"},
        {"grove_connections_idle", "gauge"},
        {"grove_pool_size", "gauge"},
        {"grove_pool_in_use", "gauge"},
        {"grove_requests_slow", "gauge"},
        {"grove_requests_detached", "gauge"},
        {"grove_event_streams", "gauge"},
        {"grove_websockets", "gauge"},
        {"grove_websocket_messages_total", "counter"},
        {"grove_websocket_closes_total", "counter"},
        {"grove_http2_connections", "gauge"},
        {"grove_http2_streams_refused_total", "counter"},
        {"grove_http2_resets_total", "counter"},
        {"grove_http2_goaways_total", "counter"},
        {"grove_requests_unkillable_total", "counter"},
        {"grove_request_duration_seconds", "histogram"},
        {"grove_workers", "gauge"},
        {"grove_blocking_seconds_total", "counter"},
        {"grove_log_lines_lost_total", "counter"},
        {"grove_memory_bytes", "gauge"},
        {"grove_tls_certificate_expiry_seconds", "gauge"},
        {"grove_workers_restarted_total", "counter"},
        {"grove_config_last_reload_successful", "gauge"},
    };
    EXPECT_EQ(all.types, expected);
    EXPECT_EQ(all["grove_build_info{version=\"" GROVE_VERSION "\"}"], 1);
    EXPECT_EQ(all["grove_pool_size"], 14);
    EXPECT_EQ(all["grove_config_last_reload_successful"], 1);
    EXPECT_EQ(all["grove_requests_total{status=\"200\"}"], 0);  // its own requests count in nothing
    EXPECT_EQ(all["grove_connections"], 0);
}

TEST_F(Admin, TellsTheMemoryOfEachWorkerThatLives) {
    serve(kTwoHellos);
    const auto told = [](const PrometheusText& all) {
        std::set<std::string> names;
        for (const auto& [sample, value] : all.samples) {
            if (!sample.starts_with("grove_memory_bytes{")) continue;
            names.insert(sample);
            EXPECT_GE(value, 4096) << sample;
            EXPECT_LE(value, 1e9) << sample;
        }
        return names;
    };
    const auto of_workers = [](const std::vector<pid_t>& pids) {
        std::set<std::string> names;
        for (const pid_t pid : pids) {
            for (const char* kind : {"anonymous", "shared"}) {
                names.insert("grove_memory_bytes{worker=\"" + std::to_string(pid) + "\",kind=\"" +
                             kind + "\"}");
            }
        }
        return names;
    };
    const std::vector<pid_t> workers = server_->workers();
    EXPECT_EQ(told(metrics()), of_workers(workers));

    ::kill(workers[0], SIGKILL);
    line_with(*server_, "another takes its place");
    const PrometheusText after = metrics_with("grove_workers_restarted_total", 1);
    EXPECT_FALSE(told(after).contains(*of_workers({workers[0]}).begin()));
    metrics_with("grove_workers{state=\"ready\"}", 2);
    EXPECT_EQ(told(metrics()), of_workers(server_->workers()));
}

TEST_F(Admin, CountsTheLinesOfLogsThatAreLost) {
    std::ofstream{file("full.json")}
        << R"({"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "plugin_path": [")"
        << GROVE_TEST_APPS
        << R"("], "log": {"access": "/dev/full"}, "workers": 2, "apps": [{"app": "hello"}]})";
    serve_file(file("full.json"));
    for (int i = 0; i < 5; ++i) EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    EXPECT_EQ(metrics_with("grove_log_lines_lost_total{log=\"access\"}",
                           5)["grove_log_lines_lost_total{log=\"error\"}"],
              0);

    for (const pid_t worker : server_->workers()) ::kill(worker, SIGKILL);
    metrics_with("grove_workers_restarted_total", 2);
    EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    metrics_with("grove_log_lines_lost_total{log=\"access\"}", 6);  // they go on
}

TEST_F(Admin, TellsWhenItsCertificatesEnd) {
    using std::chrono::hours;
    Authority authority{folder_.path()};
    const TlsCertificate first = authority.issue("first", {"DNS:localhost"}, hours{10});
    const TlsCertificate ec = authority.issue("ec", {"DNS:a.org"}, hours{30});
    const TlsCertificate rsa = authority.issue("rsa", {"DNS:a.org"}, hours{20}, KeyKind::kRsa);
    const auto entry = [](const TlsCertificate& of) {
        return R"("certificate": ")" + of.chain_file + R"(", "key": ")" + of.key_file + '"';
    };
    std::ofstream{file("tls.json")}
        << R"({"listen": [{"address": "127.0.0.1:0", "tls": {)" << entry(first)
        << R"(, "names": {"a.org": [{)" << entry(ec) << "}, {" << entry(rsa)
        << R"(}]}}}], "admin": "127.0.0.1:0", "plugin_path": [")" << GROVE_TEST_APPS
        << R"("], "log": {"access": "off"}, "apps": [{"app": "hello"}]})";
    serve_file(file("tls.json"));

    const auto hours_left = [this](const std::string& name) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const double until =
            metrics()["grove_tls_certificate_expiry_seconds{name=\"" + name + "\"}"];
        return std::lround((until - std::chrono::duration<double>{now}.count()) / 3600);
    };
    EXPECT_EQ(hours_left(""), 10);
    EXPECT_EQ(hours_left("a.org"), 20);  // the first of them

    const auto newer = authority.issue("first", {"DNS:localhost"}, hours{50});
    EXPECT_EQ(newer.chain_file, first.chain_file);
    reload(*server_);
    while (hours_left("") != 50) {
    }  // an old worker may have accepted
    EXPECT_EQ(hours_left("a.org"), 20);
}

TEST_F(Admin, SumsOverTheWorkersAndNeverGoesBack) {
    serve(kTwoHellos);
    for (int i = 0; i < 30; ++i) EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    EXPECT_THAT(server_->get("/nothing"), StartsWith("HTTP/1.1 404 "));
    metrics_with("grove_requests_total{status=\"200\"}", 30);
    metrics_with("grove_requests_total{status=\"404\"}", 1);
    PrometheusText before = metrics_with("grove_request_duration_seconds_count", 31);
    const auto did_not_go_back = [&] {
        const PrometheusText now = metrics();
        for (const auto& [sample, value] : before.samples) {
            const std::string name = sample.substr(0, sample.find('{'));
            const bool gauge = before.types.contains(name) && before.types[name] == "gauge";
            if (gauge) continue;
            EXPECT_GE(now[sample], value) << sample;
        }
        before = now;
    };

    for (const pid_t worker : server_->workers()) {
        ::kill(worker, SIGKILL);
        line_with(*server_, "another takes its place");
        did_not_go_back();
        EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
        did_not_go_back();
    }
    metrics_with("grove_workers_restarted_total", 2);
    for (int i = 0; i < 3; ++i) {
        reload(*server_);
        did_not_go_back();
        EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    }
    metrics_with("grove_requests_total{status=\"200\"}", 35);
    metrics_with("grove_request_duration_seconds_count", 36);
}

TEST_F(Admin, CountsWhatIsOpenInAWorkerUntilThatDies) {
    serve(R"("workers": 2, "pool": 5, "apps": [{"app": "echo"}])");
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<PlainClient>(server_->port));
        clients.back()->send(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        clients.back()->read_until("100 Continue\r\n\r\n");
    }
    const PlainClient idle{server_->port};
    metrics_with("grove_connections", 5);
    const PrometheusText busy = metrics_with("grove_connections_idle", 1);
    EXPECT_EQ(busy["grove_requests_in_flight"], 4);
    EXPECT_EQ(busy["grove_pool_in_use"], 4);

    for (const pid_t worker : server_->workers()) ::kill(worker, SIGKILL);
    for (int i = 0; i < 2; ++i) line_with(*server_, "another takes its place");
    metrics_with("grove_workers_restarted_total", 2);
    const PrometheusText after = metrics_with("grove_pool_size", 10);
    EXPECT_EQ(after["grove_connections"], 0);
    EXPECT_EQ(after["grove_connections_idle"], 0);
    EXPECT_EQ(after["grove_requests_in_flight"], 0);
    EXPECT_EQ(after["grove_pool_in_use"], 0);
}

TEST_F(Admin, CountsRequestsThatRunOnWithoutASlot) {  // A-024
    serve(R"("pool": 1, "apps": [{"app": "quiet_events"}])");
    const pid_t worker = server_->workers().at(0);
    const PlainClient client{server_->port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("data: here");

    EXPECT_EQ(metrics_with("grove_requests_detached", 1)["grove_pool_in_use"], 0);

    ::kill(worker, SIGKILL);
    line_with(*server_, "another takes its place");
    metrics_with("grove_requests_detached", 0);
}

// It has left the pool, and is found as those in it.
TEST_F(Admin, ShowsTheGreenletOfARequestThatRunsOnWithoutASlot) {  // A-024
    serve(R"("pool": 1, "apps": [{"app": "quiet_events"}])");
    const PlainClient client{server_->port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("data: here");
    EXPECT_EQ(metrics_with("grove_requests_detached", 1)["grove_pool_in_use"], 0);
    EXPECT_THAT(get("/greenlets"), HasSubstr("::wait_for_no_event()+0x"));
}

TEST_F(Admin, SaysWhetherTheLastReloadWasGood) {
    serve(kTwoHellos);
    configuration("\"apps\": 1");
    server_->program.send_signal(SIGHUP);
    line_with(*server_, "reload: nothing is changed");
    EXPECT_EQ(metrics()["grove_config_last_reload_successful"], 0);
    configuration(std::string{R"("admin": "127.0.0.1:0", )"} + kTwoHellos);
    reload(*server_);
    EXPECT_EQ(metrics()["grove_config_last_reload_successful"], 1);
}

TEST_F(Admin, SaysThatItIsNotReadyWhileItDrainsAndIsThereUntilTheEnd) {
    serve(R"("workers": 2, "timeouts": {"drain_delay": 3600}, "apps": [{"app": "hello"}])");
    server_->program.send_signal(SIGTERM);
    line_with(*server_, "stop: running requests are answered");
    for (int i = 0; i < 10; ++i) EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(server_->get("/"), EndsWith("Hello, World!"));
    server_->program.send_signal(SIGQUIT);
    EXPECT_EQ(server_->program.wait(), 0);
}

TEST_F(Admin, IsAskedWhileTheLastRequestRuns) {
    serve(R"("workers": 2, "apps": [{"app": "echo"}])");
    const PlainClient client{server_->port};
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");
    server_->program.send_signal(SIGTERM);
    for (int i = 0; i < 2; ++i) line_with(*server_, "requests run or wait");
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(metrics()["grove_requests_in_flight"], 1);
    client.send("ab");
    EXPECT_THAT(client.read_to_end(), HasSubstr("\"body\":\"ab\""));
    EXPECT_EQ(server_->program.wait(), 0);
}

TEST_F(Admin, AnswersWhenThePoolIsFullAndNoConnectionMayCome) {
    serve(R"("pool": 1, "max_connections": 1, "apps": [{"app": "echo"}])");
    const PlainClient client{server_->port};
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client.read_until("100 Continue\r\n\r\n");
    const PrometheusText all = metrics();
    EXPECT_EQ(all["grove_pool_in_use"], 1);
    EXPECT_EQ(all["grove_connections"], 1);
}

TEST_F(Admin, KeepsItsSocketOverAReloadUnlessItsAddressChanges) {
    serve(kTwoHellos);
    const std::string with_admin = std::string{R"("admin": "127.0.0.1:0", )"} + kTwoHellos;
    configuration(with_admin);
    reload(*server_);
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));

    configuration(kTwoHellos);
    reload(*server_);
    // It goes with the old workers; who has nothing open is gone at once.
    EXPECT_THROW(for (;;) get("/readyz"), std::exception);

    configuration(with_admin);
    server_->program.send_signal(SIGHUP);
    admin_ = port_of(line_with(*server_, "grove: admin on http://127.0.0.1:"));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Admin, AnswersWhoHasConnectedBeforeAReload) {
    serve(R"("workers": 1, "apps": [{"app": "hello"}])");
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<PlainClient>(admin_));
    get("/healthz");  // the worker that answers this one has accepted all before it
    const std::vector<pid_t> old = server_->workers();
    server_->program.send_signal(SIGHUP);
    line_with(*server_, "reload: all connections are finished");  // the old worker's last line
    for (const auto& client : clients) {
        client->send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_THAT(client->read_to_end(), HasSubstr("\r\nConnection: close\r\n"));
    }
    while (alive(old[0])) std::this_thread::yield();  // nobody is left to wait for
}

TEST_F(Admin, MayBeAUnixSocket) {
    const std::string config = configuration(R"("admin": {"address": "unix:)" + file("admin.sock") +
                                             R"(", "mode": "0611"}, )" + kTwoHellos);
    Serving server{serve_command({config}), file("output")};
    EXPECT_EQ(server.program.read_error_line(), "grove: admin on unix:" + file("admin.sock"));
    EXPECT_EQ(static_cast<unsigned>(std::filesystem::status(file("admin.sock")).permissions()),
              0611U);
    EXPECT_EQ(run_program({GROVE_TEST_BINARY, "health", config}).exit_code, 0);
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(file("admin.sock")));
    const ProgramResult after = run_program({GROVE_TEST_BINARY, "health", config});
    EXPECT_EQ(after.exit_code, 1);
    EXPECT_THAT(after.errors, HasSubstr("admin.sock"));
}

TEST_F(Admin, IsWhatHealthAsks) {
    serve(kTwoHellos);
    const std::string port = std::to_string(admin_);
    const std::string config =
        configuration(R"("admin": "127.0.0.1:)" + port + "\", " + kTwoHellos);
    const std::vector<std::string> command{GROVE_TEST_BINARY, "health", config};
    EXPECT_EQ(run_program(command).exit_code, 0);
    for (const char* all : {":", "0.0.0.0:", "[::]:"}) {
        configuration("\"admin\": \"" + (all + port) + "\", " + kTwoHellos);
        EXPECT_EQ(run_program(command).exit_code, 0) << all;
    }
    configuration(R"("admin": "127.0.0.1:)" + port + "\", " + kTwoHellos);

    // Whoever hangs is not healthy.
    for (const pid_t worker : server_->workers()) ::kill(worker, SIGSTOP);
    const ProgramResult hung = run_program(command);
    EXPECT_EQ(hung.exit_code, 1);
    EXPECT_THAT(hung.errors, StartsWith("grove: health: 127.0.0.1:" + port + ": "));
    for (const pid_t worker : server_->workers()) ::kill(worker, SIGCONT);

    const ProgramResult without =
        run_program({GROVE_TEST_BINARY, "health", configuration(kTwoHellos)});
    EXPECT_EQ(without.exit_code, 2);
    EXPECT_THAT(without.errors, HasSubstr("admin"));
}

TEST(Health, IsBadIfSomethingElseAnswers) {
    // A server without that path: its own listener is taken for the admin.
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "grove.json").string();
    const auto write = [&](const std::string& more) {
        std::ofstream{path} << R"({"listen": ["127.0.0.1:0"], "log": {"access": "off"},)"
                            << R"("apps": [{"app": "status", "mount": "/status"}])" << more << "}";
    };
    write("");
    const Serving server{serve_command({path}), (folder.path() / "output").string()};
    write(R"(, "admin": "127.0.0.1:)" + std::to_string(server.port) + "\"");
    const ProgramResult result = run_program({GROVE_TEST_BINARY, "health", path});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.errors, HasSubstr("404"));
}

TEST(PrometheusText, IsReadStrictly) {
    const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
    EXPECT_NO_THROW(PrometheusText{head + "a_total{s=\"1\"} 1\na_total{s=\"2\"} 1e+09\n"});
    for (const std::string& bad :
         {head + "a_total 1", head + "a_total  1\n", head + "a_total 1\na_total 1\n",
          head + "b_total 1\n", head + "a_total{s=1} 1\n", head + "a_total one\n", head + head,
          std::string{"# TYPE a counter\na 1\n"}, head + "\n",
          std::string{"# HELP h x\n# TYPE h histogram\nh_count 1\nh_sum 1\n"
                      "h_bucket{le=\"1\"} 1\n"}})
        EXPECT_THROW(PrometheusText{bad}, std::exception) << bad;
}

}  // namespace
}  // namespace grove
