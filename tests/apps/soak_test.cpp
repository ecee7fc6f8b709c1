// The built binary under load for seconds: wrk and h2load (Debian: wrk, nghttp2-client) are its clients.
//
// Labelled soak: tests/apps/soak.sh runs it. A Release build is what its figures are of.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "program.h"
#include "sanitized.h"
#include "supervised.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr const char* kWrk = "/usr/bin/wrk";
constexpr const char* kH2load = "/usr/bin/h2load";

class Soak : public Supervised {
protected:
    void SetUp() override {
        for (const char* client : {kWrk, kH2load}) {
            if (!std::filesystem::exists(client)) GTEST_SKIP() << client << " is not installed";
        }
    }

    std::string url(const Serving& server) const {
        return "http://127.0.0.1:" + std::to_string(server.port) + "/";
    }

    std::unique_ptr<RunningProgram> start_wrk(const Serving& server, const char* seconds) const {
        return std::make_unique<RunningProgram>(
            std::vector<std::string>{kWrk, "-t2", "-c64", "-d", seconds, "--latency", url(server)},
            file("wrk"));
    }

    // Waits for its end. @return what it said
    std::string end_wrk(RunningProgram& wrk) const {
        while (alive(wrk.pid())) std::this_thread::sleep_for(50ms);
        EXPECT_EQ(wrk.wait(), 0);
        std::ostringstream text;
        text << std::ifstream{file("wrk")}.rdbuf();
        std::filesystem::remove(file("wrk"));
        std::cout << text.str();
        return text.str();
    }
};

double requests_per_second(const std::string& wrk) {
    const std::string key = "Requests/sec:";
    return std::stod(wrk.substr(wrk.find(key) + key.size()));
}

TEST_F(Soak, FiveReloadsUnderLoadFailNoRequestAndRefuseNoConnection) {
    const auto server = serve(kTwoHellos);
    const auto wrk = start_wrk(*server, "10s");
    for (int i = 0; i < 5; ++i) {
        reload(*server);
        std::this_thread::sleep_for(1s);  // under load, which is what this is about
    }
    EXPECT_TRUE(alive(wrk->pid()));  // the load outlasted them

    const std::string said = end_wrk(*wrk);
    EXPECT_THAT(said, Not(HasSubstr("Socket errors")));
    EXPECT_THAT(said, Not(HasSubstr("Non-2xx")));
}

TEST_F(Soak, AWorkerKilledUnderLoadIsReplacedWithinASecond) {
    const auto server = serve(kTwoHellos);
    const auto wrk = start_wrk(*server, "5s");
    std::this_thread::sleep_for(1s);
    const std::vector<pid_t> before = server->workers();
    const auto killed = steady_clock::now();
    ::kill(before[0], SIGKILL);
    line_with(*server, "another takes its place");
    while (server->workers().size() < 2) std::this_thread::yield();
    const auto taken = steady_clock::now() - killed;

    std::cout << "replaced after " << std::chrono::duration<double>{taken}.count() << " s\n";
    EXPECT_LT(taken, 1s);
    EXPECT_THAT(server->workers(), testing::Contains(before[1]));
    EXPECT_THAT(end_wrk(*wrk), Not(HasSubstr("Non-2xx")));
}

TEST_F(Soak, TwoHundredThousandRequestsLeaveMemoryAndDescriptorsAsTheyWere) {
    const auto server = serve(kHello);
    const pid_t worker = server->workers().front();
    const auto run = [&](const char* requests) {
        const ProgramResult result =
            run_program({kH2load, "--h1", "-n", requests, "-c", "32", "-m", "1", url(*server)});
        EXPECT_THAT(result.output, HasSubstr(std::string{requests} + " succeeded, 0 failed"));
    };
    run("20000");
    while (sockets_of({worker}).front() > 2)
        std::this_thread::yield();  // its listener and its master
    const long before = resident_kib(worker);

    run("200000");

    while (sockets_of({worker}).front() > 2) std::this_thread::yield();
    const long after = resident_kib(worker);
    std::cout << "resident: " << before << " KiB before, " << after << " KiB after\n";
#if !defined(GROVE_TEST_SANITIZED)
    EXPECT_LT(after - before, 1024);
#endif
}

TEST_F(Soak, TwoHundredSlowClientsLeaveTheOthersHalfTheThroughputAtLeast) {
    const auto server = serve(R"("timeouts": {"header": 3600}, "apps": [{"app": "hello"}])");
    const double alone = requests_per_second(end_wrk(*start_wrk(*server, "3s")));
    std::vector<std::unique_ptr<PlainClient>> slow;
    for (int i = 0; i < 200; ++i) {
        slow.push_back(std::make_unique<PlainClient>(server->port));
        slow.back()->send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    }
    std::atomic<bool> stop = false;
    std::thread drip{[&] {
        while (!stop) {
            for (const auto& client : slow) client->send("a");
            std::this_thread::sleep_for(100ms);
        }
    }};
    const double beside = requests_per_second(end_wrk(*start_wrk(*server, "3s")));
    stop = true;
    drip.join();

    std::cout << alone << " requests a second alone, " << beside << " beside slow clients\n";
    EXPECT_GT(beside, alone / 2);
}

}  // namespace
}  // namespace grove
