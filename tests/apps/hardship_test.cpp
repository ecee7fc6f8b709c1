// The built binary in trouble: workers that die, slow clients, large bodies, full disks, no descriptors.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "sanitized.h"
#include "supervised.h"

namespace grove {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Hardship : public Supervised {};

std::string request(const std::string& line, const std::string& fields = "") {
    return line + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

// The process that answers on this connection.
std::string worker_behind(const PlainClient& client) {
    client.send(request("GET /pid"));
    const std::string answer = client.read_until(".\n");
    const std::size_t begin = answer.rfind(' ') + 1;
    return answer.substr(begin, answer.size() - begin - 2);
}

TEST_F(Hardship, OfAWorkerKilledUnderLoadCostsWhatItServedAtMost) {
    constexpr int kClients = 4;
    const auto server = serve(kTwoHellos);
    std::atomic<bool> stop = false;
    std::atomic<int> good = 0;
    std::atomic<int> bad = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < kClients; ++i) {
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
    while (good < 50 && bad == 0) std::this_thread::yield();

    const std::vector<pid_t> before = server->workers();
    ::kill(before[0], SIGKILL);

    line_with(*server, "another takes its place");
    while (server->workers().size() < 2) std::this_thread::yield();
    const int then = good;
    while (good < then + 200 && bad <= kClients) std::this_thread::yield();
    stop = true;
    for (std::thread& client : clients) client.join();
    EXPECT_LE(bad, kClients);  // each had one request under way
    EXPECT_THAT(server->workers(), testing::Contains(before[1]));
}

TEST_F(Hardship, OfAPluginThatCrashesCostsItsWorkersRequestsOnly) {
    const auto server = serve(R"("workers": 2, "apps": [{"app": "unruly"}])");
    struct Held {
        std::unique_ptr<PlainClient> client;
        std::string worker;
    };
    std::vector<Held> all;
    for (int i = 0; i < 32; ++i) {
        Held held{std::make_unique<PlainClient>(server->port), {}};
        held.worker = worker_behind(*held.client);
        all.push_back(std::move(held));
    }
    for (const Held& held : all) {
        held.client->send(request(
            "POST /", "Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n"));
        held.client->read_until("100 Continue\r\n\r\n");
    }

    const PlainClient crash{server->port};
    crash.send(request("GET /crash"));
    const std::string line = line_with(*server, kCrashed);

    int lost = 0;
    for (const Held& held : all) {
        if (line.find("worker " + held.worker + " ") != line.npos) {
            ++lost;
            continue;
        }
        held.client->send("ab");
        EXPECT_THAT(held.client->read_to_end(), EndsWith("abunruly\n"));
    }
    EXPECT_LT(lost, 32);
    for (int i = 0; i < 20; ++i) EXPECT_THAT(server->get("/"), EndsWith("unruly\n"));
}

TEST_F(Hardship, OfAStackThatOverflowsNamesTheGreenletAndItsSize) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer reports it in its own way";
#endif
    const auto server = serve(R"("stack": 131072, "apps": [{"app": "unruly"}])");
    const PlainClient client{server->port};
    client.send(request("GET /overflow"));
    EXPECT_THAT(
        line_with(*server, "overflowed its stack"),
        testing::ContainsRegex("grove: greenlet [^ ]+ overflowed its stack of 131072 bytes"));
    line_with(*server, "was ended by signal 11");
    EXPECT_THAT(server->get("/"), EndsWith("unruly\n"));
}

// O-025: a page below the stack would not be met by such a frame; a neighbour's stack would be.
TEST_F(Hardship, OfAFrameThatStepsOverTheEndOfItsStackIsNamedWhoeverBuiltIt) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer reports it in its own way";
#endif
    const auto server = serve(
        R"("apps": [{"app": "foreign_leaper", "mount": "/foreign"}, {"app": "leaper", "mount": "/ours"}])");
    const std::string why =
        R"(greenlet [^ ]+ overflowed its stack of 65536 bytes; "stack" of its app sets the size)";
    for (const std::string target : {"/foreign/72000", "/foreign/200000", "/ours/900000"}) {
        EXPECT_THAT(server->get(target.substr(0, target.find('/', 1)) + "/1000"),
                    EndsWith("landed\n"));
        const PlainClient client{server->port};
        client.send(request("GET " + target));
        EXPECT_THAT(line_with(*server, "overflowed"),
                    testing::ContainsRegex("^grove: " + why + "$"));
        EXPECT_THAT(line_with(*server, "was ended by signal 11"),
                    testing::ContainsRegex(" while it ran GET " + target +
                                           ", with 1 request in flight: " + why + "; another"));
    }
}

// O-025
TEST_F(Hardship, OfAnOverflowStandsInTheErrorLogWithWhatHelps) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer reports it in its own way";
#endif
    log_ = file("error.log");
    const auto server = serve(R"("apps": [{"app": "foreign_leaper"}])");
    const PlainClient client{server->port};
    client.send(request("GET /spawned/90000"));

    line_with(*server, "greenlet diver? overflowed its stack of 32768 bytes");
    EXPECT_THAT(server->get("/1000"), EndsWith("landed\n"));  // of the successor: the line is there

    std::ifstream log{file("error.log")};
    EXPECT_THAT((std::string{std::istreambuf_iterator{log}, {}}),
                HasSubstr(": greenlet diver? overflowed its stack of 32768 bytes; "
                          "SpawnOptions::stack_bytes sets the size; another takes its place"));
}

TEST_F(Hardship, OfTwoHundredSlowHeadsSlowsNobodyElse) {
    const auto server =
        serve(R"("pool": 1, "timeouts": {"header": 3600}, "apps": [{"app": "hello"}])");
    std::vector<std::unique_ptr<PlainClient>> slow;
    for (int i = 0; i < 200; ++i) {
        slow.push_back(std::make_unique<PlainClient>(server->port));
        slow.back()->send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    }
    for (int i = 0; i < 50; ++i) {  // the one slot is theirs
        slow[static_cast<std::size_t>(i)]->send("a");
        ASSERT_THAT(server->get("/"), EndsWith("Hello, World!"));
    }
    for (const auto& client : slow) {
        client->send("\r\nConnection: close\r\n\r\n");
        EXPECT_THAT(client->read_to_end(), EndsWith("Hello, World!"));
    }
}

// Of the worker, at its highest; and that of now.
long memory_kib(const Serving& server, const std::string& key) {
    std::ifstream status{"/proc/" + std::to_string(server.workers().front()) + "/status"};
    std::string line;
    while (std::getline(status, line) && !line.starts_with(key)) {
    }
    return std::stol(line.substr(key.size()));
}

TEST_F(Hardship, OfAHundredMebibytesEitherWayTakesLessThanSixteenOfMemory) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "memory is the sanitizer's";
#endif
    constexpr std::size_t kBytes = 104'857'600;
    std::filesystem::create_directory(file("files"));
    std::ofstream{file("files/large")};
    std::filesystem::resize_file(file("files/large"), kBytes);
    const auto server = serve(R"("limits": {"body": null}, "apps": [
        {"app": "upload", "mount": "/upload"}, {"app": "stream", "mount": "/stream"},
        {"app": "static", "mount": "/static", "config": {"root": "files"}}])");
    const auto post = [&](std::size_t bytes) {
        const PlainClient client{server->port};
        client.send(request("POST /upload", "Connection: close\r\nContent-Length: " +
                                                std::to_string(bytes) + "\r\n"));
        const std::string piece(1'048'576, 'a');
        for (std::size_t sent = 0; sent < bytes; sent += piece.size())
            client.send(std::string_view{piece}.substr(0, bytes - sent));
        return client.read_to_end();
    };
    const auto get = [&](const std::string& target) {
        const PlainClient client{server->port};
        client.send(request("GET " + target, "Connection: close\r\n"));
        return client.count_to_end();
    };
    post(100'000);
    get("/stream?chunks=10&size=65536");
    const long before = memory_kib(*server, "VmRSS:");

    EXPECT_THAT(post(kBytes), HasSubstr("{\"bytes\": 104857600,"));
    EXPECT_GE(get("/static/large"), kBytes);
    EXPECT_GE(get("/stream?chunks=1600&size=65536"), kBytes);

    EXPECT_LT(memory_kib(*server, "VmHWM:") - before, 16384);
}

// S-143
TEST_F(Hardship, OfFullDisksUnderBothLogsFailsNoRequest) {
    std::ofstream{file("grove.json")}
        << R"({"listen": ["127.0.0.1:0"], "log": {"access": "/dev/full", "error": "/dev/full"}, )"
        << kHello << "}";
    Serving server{serve_command({file("grove.json")}), file("output")};
    for (int i = 0; i < 20; ++i) EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));
    EXPECT_THAT(server.ask("GET  / HTTP/1.1"), StartsWith("HTTP/1.1 400 "));
    server.program.send_signal(SIGUSR1);
    EXPECT_THAT(server.get("/"), EndsWith("Hello, World!"));
    server.program.send_signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), 0);
}

// S-025
TEST_F(Hardship, OfTooFewDescriptorsIsToldAndPasses) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
    const auto server = serve(kHello);
    const rlimit few{.rlim_cur = 48, .rlim_max = 48};
    const pid_t worker = server->workers().at(0);
    ASSERT_EQ(::prlimit(worker, RLIMIT_NOFILE, &few, nullptr), 0);
    const std::string whole = request("GET /");
    const std::string begin = whole.substr(0, 10);  // who has said so much is not idle (O-077)
    std::vector<std::unique_ptr<PlainClient>> clients;
    ASSERT_EQ(::kill(worker, SIGSTOP), 0);  // until each has said it
    for (int i = 0; i < 100; ++i) {
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send(begin);
    }
    ASSERT_EQ(::kill(worker, SIGCONT), 0);

    line_with(*server, "accept: Too many open files");

    for (auto& client : clients) {  // each that goes makes room for one
        client->send(whole.substr(begin.size()));
        EXPECT_THAT(client->read_until("World!"), EndsWith("Hello, World!"));
        client.reset();
    }
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

}  // namespace
}  // namespace grove
