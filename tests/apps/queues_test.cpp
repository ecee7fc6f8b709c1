// The kernel's queues of new clients: whatever becomes of workers, somebody serves each.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class Queues : public Supervised {};

// O-005: no client waits in the queue of a worker that does not serve yet, or never.
TEST_F(Queues, LoseNoClientToWorkersThatAReloadWouldAdd) {
    const std::string more = R"("workers": 4, "timeouts": {"load": 8}, "apps": [{"app": "unruly")";
    const auto server = serve(R"("timeouts": {"load": 8}, "apps": [{"app": "hello"}])");
    const auto expect_answers = [&] {
        for (int i = 0; i < 20; ++i) ASSERT_THAT(server->get("/"), EndsWith("Hello, World!"));
    };
    configuration(more + R"(, "config": {"throw": 1}}])");
    server->program.send_signal(SIGHUP);
    line_with(*server, "reload: nothing is changed");
    expect_answers();

    configuration(more + R"(, "config": {"hang": 1}}])");
    server->program.send_signal(SIGHUP);
    while (server->workers().size() < 5) std::this_thread::yield();
    expect_answers();
    line_with(*server, "reload: nothing is changed");
    expect_answers();

    configuration(more + "}]");
    reload(*server);
    std::set<std::string> answers;
    while (answers.size() < 4) answers.insert(body_of(server->get("/pid")));
}

// O-011: nor in the queue of one that drains, however long that takes.
TEST_F(Queues, LoseNoClientToAWorkerThatDrainsByItself) {
    const auto server =
        serve(R"("timeouts": {"shutdown": null}, "workers": 2, "apps": [{"app": "echo"}])");
    const pid_t told = server->workers().at(0);
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (int i = 0; i < 32; ++i) {  // some of which it has
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        clients.back()->read_until("100 Continue\r\n\r\n");
    }
    ::kill(told, SIGTERM);
    line_with(*server, "another takes its place");
    while (server->workers().size() < 3) ASSERT_TRUE(alive(told));
    std::vector<std::unique_ptr<PlainClient>> newcomers;  // whose requests come a moment later
    for (int i = 0; i < 20; ++i) newcomers.push_back(std::make_unique<PlainClient>(server->port));
    for (const auto& one : newcomers)
        one->send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (const auto& one : newcomers) EXPECT_THAT(one->read_to_end(), HasSubstr(" 200 OK"));
    EXPECT_TRUE(alive(told));
    for (const auto& one : clients) one->send("ab");
    for (const auto& one : clients) EXPECT_THAT(one->read_to_end(), HasSubstr("\"body\":\"ab\""));
    while (alive(told)) std::this_thread::yield();
}

// O-015: the server's own sockets are nobody else's.
TEST_F(Queues, OfAnAddressGoOverToAListenerThatIsChanged) {
    const auto server = serve(std::string{R"("accept": "shared", )"} + kTwoHellos);
    const std::string port = std::to_string(server->port);
    const auto listen = [&](const std::string& listeners, const std::string& more = "") {
        std::ofstream{file("grove.json")} << R"({"listen": [)" << listeners << "], " << more
                                          << R"("log": {"access": "off"}, )" << kTwoHellos << "}";
    };
    const std::string address = "\"127.0.0.1:" + port + '"';
    for (int i = 0; i < 2; ++i) {
        listen(R"({"address": )" + address + R"(, "defer_accept": true})");
        reload(*server);
        EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
        listen(address, R"("accept": "shared", )");
        reload(*server);
        for (int j = 0; j < 8; ++j) EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
        listen("\"localhost:" + port + '"');
        reload(*server);
        for (int j = 0; j < 8; ++j) EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    }
    const auto mode = [&] { return std::filesystem::status(file("s")).permissions(); };
    for (const char* octal : {"600", "666"}) {
        listen(address + R"(, {"address": "unix:s", "mode": ")" + octal + "\"}");
        reload(*server);
        EXPECT_EQ(mode(), static_cast<std::filesystem::perms>(std::stoul(octal, nullptr, 8)));
    }

    listen("\":" + port + '"');
    server->program.send_signal(SIGHUP);
    EXPECT_THAT(line_with(*server, "reload: nothing is changed"),
                HasSubstr("this server already listens on that port"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

}  // namespace
}  // namespace grove
