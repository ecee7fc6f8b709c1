// What applications tell the built binary, and ask of it. A-043, A-055 to A-059
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "program.h"
#include "prometheus_text.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr const char* kTeller = R"("apps": [{"app": "teller", "mount": "/app"}])";
constexpr const char* kTwoTellers = R"("workers": 2, "accept": "shared", "admin": "127.0.0.1:0", )"
                                    R"("apps": [{"app": "teller", "mount": "/app"}])";
constexpr const char* kCount = R"(teller_asked_total{app="te\"ller"})";

class Told : public Supervised {
protected:
    /// The sample, once it has that value: a worker that has ended may not be buried yet.
    static double await(std::uint16_t admin, const std::string& sample, double value) {
        for (;;) {
            const std::string answer = ask(admin, "/metrics");
            if (!answer.starts_with("HTTP/1.1 200 ")) continue;  // of who stands in for workers
            const PrometheusText all{body_of(answer)};
            EXPECT_EQ(all.types.count(sample.substr(0, sample.find('{'))), 1U);
            if (all[sample] == value) return value;
            std::this_thread::yield();  // ctest's time-out, if it never has
        }
    }
    static std::string worker(const Serving& server) {
        return "worker " + std::to_string(server.workers().at(0));
    }
    /// The only worker is another one than that.
    static void await_another(const Serving& server, pid_t before) {
        for (;;) {
            const std::vector<pid_t> workers = server.workers();
            if (workers.size() == 1 && workers[0] != before) return;
            std::this_thread::yield();
        }
    }
};

TEST_F(Told, CountersAreSummedAndNeverGoBack) {  // A-055
    const auto server = serve(kTwoTellers);
    const std::uint16_t admin = admin_port(*server);
    double count = 0;
    const auto count_some = [&] {
        for (int i = 0; i < 10; ++i) {
            EXPECT_THAT(server->get("/app/count"), StartsWith("HTTP/1.1 200 "));
            ++count;
        }
        EXPECT_EQ(await(admin, kCount, count), count);
    };
    count_some();
    for (const pid_t pid : server->workers()) {
        ::kill(pid, SIGKILL);
        line_with(*server, "another takes its place");
        count_some();
    }
    reload(*server);
    count_some();
}

TEST_F(Told, AGaugeIsForgottenWithItsWorker) {  // A-055
    const auto server = serve(R"("admin": "127.0.0.1:0", )" + std::string{kTeller});
    const std::uint16_t admin = admin_port(*server);
    const pid_t before = server->workers().at(0);
    server->get("/app/set?-2.5");
    EXPECT_EQ(await(admin, "teller_level", -2.5), -2.5);
    ::kill(before, SIGKILL);
    line_with(*server, "another takes its place");
    EXPECT_EQ(await(admin, "teller_level", 0), 0);
}

TEST_F(Told, LinesAreInTheErrorLogWithRequestAndMount) {  // A-043
    const auto server = serve(kTeller);
    const std::string answer = server->get("/app/log");
    const std::size_t at = answer.find("X-Request-Id: ");
    ASSERT_NE(at, answer.npos);
    EXPECT_THAT(
        line_with(*server, "a request's"),
        AllOf(HasSubstr(" warn ["), EndsWith("] a request's\\x0aline (request " +
                                             answer.substr(at + 14, 16) + ", mount /app)")));
    server->get("/app/thread");
    EXPECT_THAT(line_with(*server, "a thread's line"),
                AllOf(HasSubstr(" warn ["), EndsWith("] a thread's line")));
}

TEST_F(Told, ALineOfAFactorysGreenletHasItsMount) {  // A-043
    const auto server =
        serve(R"("apps": [{"app": "teller", "mount": "/app", "config": {"greenlet": 1}}])");
    server->get("/app/told");
    EXPECT_THAT(line_with(*server, "a factory's greenlet"),
                EndsWith("] a factory's greenlet (mount /app)"));
}

TEST_F(Told, ALineOfAnApplicationsEndIsInTheErrorLogWithItsMount) {  // A-043
    const auto server =
        serve(R"("apps": [{"app": "teller", "mount": "/app", "config": {"farewell": 1}}])");
    server->program.send_signal(SIGTERM);
    for (const char* const text :
         {"an application's farewell (mount /app)", "a dump's farewell (mount /app)"}) {
        EXPECT_THAT(line_with(*server, "farewell"),
                    AllOf(HasSubstr(" warn ["), EndsWith(std::string{"] "} + text)));
    }
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Told, ALineOfAFactorysThreadIsOnStandardError) {  // A-043
    log_ = "log";
    RunningProgram program{
        serve_command({configuration(R"("apps": [{"app": "teller", "config": {"log": 1}}])")}),
        file("output")};
    EXPECT_EQ(program.read_error_line(), "grove: warn: a line of a factory's thread");
    EXPECT_THAT(program.read_error_line(), StartsWith("grove: listening on "));
    program.send_signal(SIGTERM);
    EXPECT_EQ(program.wait(), 0);
    std::ifstream log{file("log")};
    for (std::string line; std::getline(log, line);)
        EXPECT_THAT(line, Not(HasSubstr("factory's thread")));
}

TEST_F(Told, DumpsFollowTheGreenlets) {  // A-056
    const auto server = serve(R"("admin": "127.0.0.1:0", )" + std::string{kTeller});
    const std::uint16_t admin = admin_port(*server);
    server->get("/app");
    const std::string answer = ask(admin, "/greenlets");
    EXPECT_THAT(answer, EndsWith("\nteller was asked 1 times\n"));
    EXPECT_LT(answer.find("\"main\""), answer.find("teller was"));
    server->program.send_signal(SIGUSR2);
    line_with(*server, "\"main\"");
    EXPECT_THAT(line_with(*server, "teller was"), EndsWith("] teller was asked 1 times"));
}

TEST_F(Told, ADumpThatThrowsIsALineAndNoHarm) {  // A-056
    const auto server =
        serve(R"("admin": "127.0.0.1:0", "apps": [{"app": "teller", "config": {"throw": 1}}])");
    const std::uint16_t admin = admin_port(*server);
    const std::string fault = "on_dump: failed: std::runtime_error: as it was told to";
    EXPECT_THAT(ask(admin, "/greenlets"), EndsWith(" times\n" + fault + "\n"));
    for (int i = 0; i < 2; ++i) {  // whoever obeys is still there
        server->program.send_signal(SIGUSR2);
        line_with(*server, fault);
    }
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Told, ADumpThatDoesNotEndHindersNoStop) {  // A-056
    for (const int number : {SIGTERM, SIGQUIT}) {
        const auto server = serve(R"("timeouts": {"unwind": 0.3},
                                     "apps": [{"app": "teller", "config": {"stubborn": 1}}])");
        server->program.send_signal(SIGUSR2);
        line_with(*server, "the dump has begun");
        server->program.send_signal(SIGUSR2);  // no second one beside it
        server->program.send_signal(number);
        // That of the dump, and that of the function it waits for.
        line_with(*server, "stop: 2 greenlets that applications began are killed");
        line_with(*server, "stop: would not end: greenlet ");
        EXPECT_EQ(server->program.wait(), 1);
    }
}

// A-057
TEST_F(Told, ACrashIsToldByTheNoteOfItsThread) {
    const auto server = serve(kTeller);
    for (const auto& [path, noted] : {std::pair{"/app/crash?thread", "JOB /of-thread"},
                                      std::pair{"/app/crash", "JOB /of-main"}}) {
        const PlainClient client{server->port};
        client.send("GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(client.count_to_end(), 0U);
        EXPECT_THAT(line_with(*server, "another takes its place"),
                    AllOf(HasSubstr(kCrashed),
                          HasSubstr(std::string{" while it ran "} + noted +
                                    " (request of-the-note), with 1 request in flight")));
    }
}

TEST_F(Told, WhatKeepsAWorkerIsToldByTheNoteOfItsThread) {  // A-057
    more_log_ = R"(, "blocking": 0.1)";
    const auto server = serve(kTeller);
    const PlainClient client{server->port};
    client.send("GET /app/keep?30 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(line_with(*server, "has been kept"),
                AllOf(HasSubstr(" by JOB /kept (request of-the-note, greenlet \""),
                      HasSubstr("::keep_the_thread(double)+0x")));
}

TEST_F(Told, AWorkerThatAsksIsReplacedAndAnswersWhatItHas) {  // A-058
    const auto server = serve(kTeller);
    const pid_t before = server->workers().at(0);
    const std::string name = worker(*server);
    const PlainClient idle{server->port};
    idle.send("GET /app HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(idle.read_until(".\n"), HasSubstr(name + "."));

    EXPECT_THAT(server->get("/app/replace?grown%0a"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(line_with(*server, "asks to be replaced"),
                EndsWith("] " + name + " asks to be replaced: grown%0a"));
    EXPECT_THAT(line_with(*server, "takes the place of"),
                EndsWith(" takes the place of " + name + ", which finishes what is open"));
    line_with(*server, "connections, then ends");
    // An idle connection may have one more answer, of the worker that it has.
    idle.send("GET /app HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(idle.read_to_end(),
                AllOf(HasSubstr(name + "."), HasSubstr("\r\nConnection: close\r\n")));
    await_another(*server, before);
    EXPECT_THAT(server->get("/app"), AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr(name))));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

// By `grove check`, too.
TEST_F(Told, AFactoryThatAsksForAnotherWorkerIsRefused) {  // A-058
    const std::string path =
        configuration(R"("apps": [{"app": "teller", "config": {"replace": 1}}])");
    RunningProgram server{serve_command({path}), file("output")};
    EXPECT_THAT(
        server.read_error_line(),
        AllOf(HasSubstr("/apps/0: "), HasSubstr("replace_worker: this worker is still loading")));
    EXPECT_EQ(server.wait(), 2);

    const ProgramResult checked = run_program({GROVE_TEST_BINARY, "check", path});

    EXPECT_EQ(checked.exit_code, 2);
    EXPECT_THAT(checked.errors, AllOf(HasSubstr("/apps/0: "), HasSubstr("replace_worker: ")));
}

TEST_F(Told, WorkersAreReplacedOneAtATime) {  // A-058
    const auto server = serve(R"("workers": 3, "accept": "shared", )" + std::string{kTeller});
    const std::vector<pid_t> before = server->workers();
    std::vector<std::string> asked;
    while (asked.size() < before.size()) {  // whoever has asked may ask again: once is enough
        const std::string answer = body_of(server->get("/app/replace?x"));
        if (std::find(asked.begin(), asked.end(), answer) == asked.end()) asked.push_back(answer);
        ASSERT_LE(asked.size(), 10U);
    }
    bool under_way = false;
    for (std::size_t replaced = 0; replaced < before.size();) {
        const std::string line = server->program.read_error_line();
        if (line.find("asks to be replaced: x") != line.npos) {
            EXPECT_FALSE(under_way) << line;
            under_way = true;
        } else if (line.find(" takes the place of worker ") != line.npos) {
            EXPECT_TRUE(under_way) << line;
            under_way = false;
            ++replaced;
        }
    }
    for (int i = 0; i < 20; ++i) EXPECT_THAT(server->get("/app"), StartsWith("HTTP/1.1 200 "));
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Told, AWorkerGoesOnIfNoOtherCanBeHad) {  // A-058
    const auto server =
        serve(R"("apps": [{"app": "teller", "mount": "/app", "config": {"gate": 1}}])");
    const pid_t before = server->workers().at(0);
    std::ofstream{file("closed")};
    server->get("/app/replace?x");
    EXPECT_THAT(line_with(*server, "cannot serve: "), HasSubstr("the gate is closed"));
    line_with(*server, "before it could serve; the worker that asked to be replaced goes on");
    EXPECT_EQ(server->workers(), std::vector<pid_t>{before});
    EXPECT_THAT(server->get("/app"), StartsWith("HTTP/1.1 200 "));
    std::filesystem::remove(file("closed"));
    line_with(*server, "takes the place of");  // it is tried again
    await_another(*server, before);
}

/// A worker whose successor loads until there is a file "gate".
class HandOver : public Told {
protected:
    HandOver() {
        std::ofstream{file("gate")};
        server_ = serve(
            R"("apps": [{"app": "teller", "mount": "/app"}, {"app": "threads", "config": {"gate": true}}])");
        before_ = server_->workers().at(0);
        std::filesystem::remove(file("gate"));
        server_->get("/app/replace?x");
        while (loaded() < 2) std::this_thread::yield();
    }
    /// How many workers have begun to load.
    std::size_t loaded() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator{folder_.path()})
            count += entry.path().filename().string().starts_with("loading-") ? 1U : 0U;
        return count;
    }
    void open_the_gate() const { std::ofstream{file("gate")}; }

    std::unique_ptr<Serving> server_;
    pid_t before_ = 0;
};

TEST_F(HandOver, OfAWorkerThatDiesMeanwhileStartsNoThird) {  // A-058
    ::kill(before_, SIGKILL);
    line_with(*server_, "another takes its place");
    open_the_gate();
    await_another(*server_, before_);
    EXPECT_THAT(server_->get("/app"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(loaded(), 2U);
}

TEST_F(HandOver, OfAWorkerThatIsToldToEndMeanwhileStartsNoThird) {  // A-058
    ::kill(before_, SIGTERM);
    line_with(*server_,
              "was told to end: it answers its running requests; another takes its place");
    open_the_gate();
    await_another(*server_, before_);
    EXPECT_THAT(server_->get("/app"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(loaded(), 2U);
}

TEST_F(HandOver, IsOverWithAReload) {  // A-058
    server_->program.send_signal(SIGHUP);
    while (loaded() < 3) std::this_thread::yield();
    open_the_gate();
    line_with(*server_, "reload: the new workers serve");
    await_another(*server_, before_);
    EXPECT_THAT(server_->get("/app"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(loaded(), 3U);
    server_->program.send_signal(SIGTERM);
    EXPECT_EQ(server_->program.wait(), 0);
}

TEST_F(HandOver, DoesNotHinderAStop) {  // A-058
    const long before = cpu_ticks(server_->program.pid());
    server_->program.send_signal(SIGTERM);
    line_with(*server_, " did not end in time, and is killed");  // the successor still loads
    // For three seconds there was nothing to do. The master may be dead by now, but is not waited for.
    EXPECT_LT(cpu_ticks(server_->program.pid()) - before, ::sysconf(_SC_CLK_TCK));
    EXPECT_EQ(server_->program.wait(), 0);
}

}  // namespace
}  // namespace grove
