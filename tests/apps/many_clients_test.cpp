// Many clients of the built binary: thousands that are idle (S-137) or listen to events (A-024), a thousand on a queue
// that two share (S-015).
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include "running_program.h"
#include "serving.h"
#include "temporary_folder.h"

namespace grove {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using Clients = std::vector<std::unique_ptr<PlainClient>>;

constexpr bool kSanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

class ManyClients : public testing::Test {
protected:
    std::unique_ptr<Serving> serve(const std::string& members) const {
        const std::string file = (folder_.path() / "grove.json").string();
        std::ofstream{file}
            << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")" GROVE_TEST_APPS
            << R"(", ")" GROVE_TEST_PLUGINS
            << R"("], "apps": [{"app": "hello"}, {"mount": "/events", "app": "events"}], )"
            << members << "}";
        return std::make_unique<Serving>(serve_command({file}),
                                         (folder_.path() / "output").string());
    }

private:
    TemporaryFolder folder_;
};

/// As many as this process may have descriptors for, at most `wanted`.
std::size_t clients_possible(std::size_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return std::min<std::size_t>(wanted, limit.rlim_max - 100);
}

void ask(const PlainClient& client) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(client.read_until("World!"), EndsWith("Hello, World!"));
}

Clients idle_clients(const Serving& server, std::size_t count) {
    Clients clients;
    for (std::size_t made = 0; made < count; ++made) {
        clients.push_back(std::make_unique<PlainClient>(server.port));
        ask(*clients.back());
    }
    return clients;
}

std::size_t resident_bytes(pid_t pid) {
    std::size_t whole = 0;
    std::size_t resident = 0;
    std::ifstream{"/proc/" + std::to_string(pid) + "/statm"} >> whole >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::nanoseconds cpu_time(pid_t pid) {
    std::int64_t spent = 0;
    std::ifstream{"/proc/" + std::to_string(pid) + "/schedstat"} >> spent;
    return std::chrono::nanoseconds{spent};
}

TEST_F(ManyClients, ThatAreIdleCostLittleAndKeepNobodyWaiting) {  // S-134, S-137
    const std::size_t count = clients_possible(10'000);
    const auto server = serve(R"("pool": 2, "max_connections": 12000, "log": {"access": "off"})");
    const pid_t worker = server->workers().at(0);
    idle_clients(*server, 100);  // what is made once is there now
    const std::size_t before = resident_bytes(worker);

    const Clients clients = idle_clients(*server, count);

    const std::size_t growth = (resident_bytes(worker) - before) / count;
    const auto spent_before = cpu_time(worker);
    std::this_thread::sleep_for(3s);  // what is measured
    const auto spent = cpu_time(worker) - spent_before;
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
    ask(*clients.front());
    ask(*clients.back());
    RecordProperty("bytes_a_connection", std::to_string(growth));
    RecordProperty("idle_cpu_us", std::to_string(spent.count() / 1000));
    if (kSanitized) GTEST_SKIP() << "memory and time under a sanitizer are its own";
    EXPECT_LE(growth, 700U) << "over " << count << " connections";
    EXPECT_LE(spent, 6ms);  // 0.002 cores
}

// Twice as many as the default pool has slots.
TEST_F(ManyClients, ThatListenToEventsKeepNobodyWaiting) {  // A-024
    const std::size_t count = clients_possible(2'000);
    const auto server = serve(R"("log": {"access": "off"})");
    Clients clients;
    for (std::size_t made = 0; made < count; ++made) {
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
        ASSERT_THAT(clients.back()->read_until("data: here"), HasSubstr("data: here")) << made;
        if (made % 100 == 0) {
            ASSERT_THAT(server->get("/"), EndsWith("Hello, World!")) << made;
        }
    }
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

TEST_F(ManyClients, OfAQueueThatTwoProcessesShareAreAllServed) {  // S-015
    const auto server =
        serve(R"("workers": 2, "accept": "shared", "log": {"access": "off", "level": "debug"})");
    std::vector<std::thread> threads;
    std::vector<int> served(8);
    for (int& count : served) {
        threads.emplace_back([&server, &count] {
            while (count < 125 && server->get("/").ends_with("Hello, World!")) ++count;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(served, testing::Each(125));

    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    try {
        for (;;) {
            const std::string line = server->program.read_error_line();
            EXPECT_THAT(line, Not(HasSubstr(" error ")));
            EXPECT_THAT(line, Not(HasSubstr(" warn ")));
        }
    } catch (const std::runtime_error&) {  // the end
    }
}

}  // namespace
}  // namespace grove
