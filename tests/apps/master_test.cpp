// The master and its workers: the built binary under signals, crashes and reloads.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"
#include "running_program.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class Master : public Supervised {};

TEST_F(Master, ServesInWorkersOfWhichThereAreAsManyAsAskedFor) {
    const auto server = serve(R"("workers": 3, "apps": [{"app": "hello"}])");
    EXPECT_EQ(server->workers().size(), 3U);
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(Master, ReloadsOnTheSamePort) {
    const auto server = serve(kTwoHellos);
    const std::vector<pid_t> before = server->workers();

    configuration(R"("workers": 2, "apps": [{"app": "status"}])");
    reload(*server);

    // What came before an old worker was told is still its to answer.
    while (!server->get("/418").starts_with("HTTP/1.1 418 ")) {
    }
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    for (const pid_t pid : before) EXPECT_FALSE(alive(pid));
}

TEST_F(Master, MayHaveMoreOrFewerWorkersAfterAReload) {
    const auto server = serve(kHello);
    for (const int workers : {3, 1, 2}) {
        configuration(R"("workers": )" + std::to_string(workers) + ", " + kHello);
        reload(*server);
        for (int i = 0; i < 20; ++i)  // over all queues, those of workers that are no more included
            ASSERT_THAT(server->get("/"), EndsWith("Hello, World!")) << workers;
    }
}

TEST_F(Master, LosesNoRequestToReloads) {
    const auto server = serve(kTwoHellos);
    std::atomic<bool> stop = false;
    std::atomic<int> good = 0;
    std::atomic<int> bad = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            while (!stop) {
                try {
                    ++(server->get("/").ends_with("Hello, World!") ? good : bad);
                } catch (const std::exception&) {
                    ++bad;
                }
            }
        });
    }
    for (int i = 0; i < 5; ++i) {
        const int before = good;
        reload(*server);
        while (good < before + 20 && bad == 0) std::this_thread::yield();
    }
    stop = true;
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(bad, 0);
    EXPECT_GE(good, 100);
}

TEST_F(Master, LetsAnIdleConnectionOfAnOldWorkerHaveOneMoreAnswer) {
    const auto server = serve(kHello);
    const PlainClient client{server->port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_until("World!"), testing::Not(HasSubstr("Connection: close")));

    server->program.send_signal(SIGHUP);
    // The old worker's line; it may come before the master's.
    line_with(*server, "reload: this worker finishes 1 connections");

    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_to_end(), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(Master, ClosesWhatIsIdleInAnOldWorkerWhenTheTimeForThatIsOver) {
    const auto server = serve(R"("timeouts": {"shutdown": 0.1}, "apps": [{"app": "hello"}])");
    const PlainClient client{server->port};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.read_until("World!");
    reload(*server);
    EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Master, OpensAndClosesListenersOnReload) {
    const auto server = serve(kHello);
    std::ofstream{file("grove.json")} << R"({"listen": ["127.0.0.1:0", "unix:second.sock"],
        "log": {"access": "off"}, )" << kHello
                                      << "}";
    server->program.send_signal(SIGHUP);
    EXPECT_EQ(line_with(*server, "listening"), "grove: listening on unix:" + file("second.sock"));
    line_with(*server, "reload: the new workers serve");
    EXPECT_TRUE(std::filesystem::is_socket(file("second.sock")));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    configuration(kHello);
    reload(*server);
    EXPECT_FALSE(std::filesystem::exists(file("second.sock")));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(Master, ReplacesAWorkerThatIsKilled) {
    const auto server = serve(kTwoHellos);
    const std::vector<pid_t> before = server->workers();
    ::kill(before[0], SIGKILL);

    const std::string line = line_with(*server, "another takes its place");
    EXPECT_THAT(
        line, HasSubstr("worker " + std::to_string(before[0]) + " was ended by signal 9 (Killed)"));
    while (server->workers().size() < 2) std::this_thread::yield();
    const std::vector<pid_t> after = server->workers();
    EXPECT_THAT(after, testing::Contains(before[1]));
    EXPECT_THAT(after, testing::Not(testing::Contains(before[0])));
    for (int i = 0; i < 20; ++i) EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(Master, SurvivesAPluginThatCrashes) {
    const auto server = serve(R"("apps": [{"app": "unruly"}])");
    for (int i = 0; i < 3; ++i) {
        const PlainClient client{server->port};
        client.send("GET /crash HTTP/1.1\r\nHost: x\r\n\r\n");
        line_with(*server, kCrashed);
        EXPECT_THAT(server->get("/"), EndsWith("unruly\n"));  // waits in the queue for the next one
    }
}

// O-007
TEST_F(Master, TellsWhenALaterWorkerTakesThePlaceOfOneThatDiedEarly) {
    const auto server = serve(kHello);
    for (const char* when : {"", " in 0.1 s", " in 0.2 s", " in 0.4 s", " in 0.8 s"}) {
        std::vector<pid_t> workers;
        while (workers.empty()) workers = server->workers();
        ::kill(workers[0], SIGKILL);
        EXPECT_THAT(line_with(*server, "was ended by signal 9"),
                    EndsWith(std::string{"; another takes its place"} + when));
        while (server->workers() == workers) std::this_thread::yield();
    }
}

// In place, which changes what a process has mapped: no copy(1) and no careless build hurts it.
TEST_F(Master, ServesThePluginOfItsConfigurationHoweverItsFileChanges) {
    const std::string plugin = file("own.so");
    std::filesystem::copy_file(GROVE_TEST_APPS "/hello.so", plugin);
    const auto server = serve(R"("apps": [{"app": "./own.so"}])");
    std::ofstream{plugin} << "no plugin any more";
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    ::kill(server->workers().at(0), SIGKILL);
    line_with(*server, "another takes its place");
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));

    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"), HasSubstr("own.so"));
    std::filesystem::copy_file(GROVE_TEST_APPS "/status.so", plugin,
                               std::filesystem::copy_options::overwrite_existing);
    reload(*server);
    while (!server->get("/418").starts_with("HTTP/1.1 418 ")) {
    }
}

TEST_F(Master, TakesItsWorkersWithItWhenItIsKilled) {
    const auto server = serve(kTwoHellos);
    const std::vector<pid_t> workers = server->workers();
    server->program.send_signal(SIGKILL);
    EXPECT_EQ(server->program.wait(), -SIGKILL);
    for (const pid_t pid : workers) {
        while (alive(pid)) std::this_thread::yield();  // ctest's time-out, if it does not
    }
}

TEST_F(Master, IsAskedAloneWhenATerminalInterruptsAllItsProcesses) {
    const auto server = serve(kTwoHellos);
    const std::vector<pid_t> workers = server->workers();
    for (const pid_t pid : workers) {
        ::kill(pid, SIGINT);
        ::kill(pid, SIGHUP);
    }
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    EXPECT_EQ(server->workers(), workers);
    server->program.send_signal(SIGINT);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Master, AnswersAllThatRunsWhenItIsStopped) {
    constexpr int kClients = 50;
    const auto server = serve(R"("workers": 2, "apps": [{"app": "echo"}])");
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (int i = 0; i < kClients; ++i) {
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    }
    for (const auto& client : clients) client->read_until("100 Continue\r\n\r\n");

    server->program.send_signal(SIGTERM);
    line_with(*server, "requests run or wait");
    for (const auto& client : clients) client->send("ab");

    for (const auto& client : clients)
        EXPECT_THAT(client->read_to_end(), HasSubstr("\"body\":\"ab\""));
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Master, ServesOnForTheDrainDelayAndQuitsInItWhenToldTo) {
    const auto server = serve(R"("timeouts": {"drain_delay": 3600}, "apps": [{"app": "hello"}])");
    server->program.send_signal(SIGTERM);
    line_with(*server, "stop: running requests are answered");
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    server->program.send_signal(SIGTERM);  // changes nothing
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    server->program.send_signal(SIGQUIT);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Master, HasNoDrainDelayIfItIsNull) {
    const auto server = serve(R"("timeouts": {"drain_delay": null}, "apps": [{"app": "hello"}])");
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
}

TEST_F(Master, TellsOfEveryGreenletOfEachWorker) {
    const auto server = serve(R"("workers": 2, "apps": [{"app": "echo"}])");
    server->program.send_signal(SIGUSR2);
    std::vector<std::string> pids;
    for (int i = 0; i < 2; ++i) {
        const std::string line = line_with(*server, "\"main\" blocked in ");
        pids.push_back(line.substr(line.find('['), line.find(']') - line.find('[')));
    }
    EXPECT_NE(pids[0], pids[1]);
}

// Of 128 connections none of two workers has less than a fifth. One after another: a burst is whoever's that runs, and
// of 32 the kernel's hash gives a worker fewer than seven once in 1,900 times.
TEST_F(Master, SharesTheConnectionsOut) {
    for (const std::string accept : {"reuseport", "shared"}) {
        const auto server = serve("\"accept\": \"" + accept + "\", " + kTwoHellos);
        std::vector<std::unique_ptr<PlainClient>> clients;
        for (int i = 0; i < 128; ++i) {
            clients.push_back(std::make_unique<PlainClient>(server->port));
            clients.back()->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            clients.back()->read_until("World!");
        }
        EXPECT_THAT(sockets_of(server->workers()), testing::Each(testing::Ge(2 + 26))) << accept;
    }
}

// With one queue for all, whoever is free takes what waits in it: nobody waits for a worker that stands.
TEST_F(Master, WaitsForNoWorkerThatStandsWhenTheQueueIsShared) {
    const auto server = serve(R"("workers": 2, "apps": [{"app": "hello"}], "accept": "shared")");
    for (const pid_t pid : server->workers()) {
        ::kill(pid, SIGSTOP);
        while (state_of(pid) != 'T') std::this_thread::yield();
        for (int i = 0; i < 8; ++i) EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
        ::kill(pid, SIGCONT);
    }
}

}  // namespace
}  // namespace grove
