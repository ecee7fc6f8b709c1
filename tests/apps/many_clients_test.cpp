// Many clients of the built binary: thousands that are idle (S-137) or listen to events (A-024), more than there are files
// for (O-077), a thousand on a queue that two share (S-015).
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
using testing::Contains;
using testing::Each;
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
    /// @param files  that a process of it may have open; 0: as many as here
    std::unique_ptr<Serving> serve(const std::string& members, int files = 0) const {
        const std::string file = (folder_.path() / "grove.json").string();
        std::ofstream{file}
            << R"({"listen": ["127.0.0.1:0"], "plugin_path": [")" GROVE_TEST_APPS
            << R"(", ")" GROVE_TEST_PLUGINS
            << R"("], "apps": [{"app": "hello"}, {"mount": "/events", "app": "quiet_events"}], )"
            << members << "}";
        std::vector<std::string> command = serve_command({file});
        const std::string limit = "ulimit -n " + std::to_string(files) + " && exec \"$@\"";
        if (files != 0) command.insert(command.begin(), {"/bin/sh", "-c", limit, "sh"});
        return std::make_unique<Serving>(command, (folder_.path() / "output").string());
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

/// What it still says on standard error.
std::vector<std::string> lines_of(RunningProgram& program) {
    std::vector<std::string> lines;
    try {
        for (;;) lines.push_back(program.read_error_line());
    } catch (const std::runtime_error&) {  // the end
    }
    return lines;
}

void greet(const PlainClient& client) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(client.read_until("World!"), EndsWith("Hello, World!"));
}

Clients idle_clients(const Serving& server, std::size_t count) {
    Clients clients;
    for (std::size_t made = 0; made < count; ++made) {
        clients.push_back(std::make_unique<PlainClient>(server.port));
        greet(*clients.back());
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
    greet(*clients.front());
    greet(*clients.back());
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
    EXPECT_THAT(served, Each(125));

    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    for (const std::string& line : lines_of(server->program)) {
        EXPECT_THAT(line, Not(HasSubstr(" error ")));
        EXPECT_THAT(line, Not(HasSubstr(" warn ")));
    }
}

TEST_F(ManyClients, ThatAreIdleMakeRoomWhereFilesAreLimited) {  // O-077
    const auto server = serve(R"("max_connections": 10000, "log": {"access": "off"})", 200);
    const Clients clients = idle_clients(*server, 300);  // each of them is answered

    greet(*clients.back());
    EXPECT_EQ(clients.front()->read_to_end(), "");
    server->program.send_signal(SIGTERM);
    EXPECT_EQ(server->program.wait(), 0);
    const std::vector<std::string> lines = lines_of(server->program);
    EXPECT_THAT(lines,
                Contains(HasSubstr("] max_connections: 10000 connections need more open files "
                                   "than a process may have (200); a worker takes at most 136"))
                    .Times(1));
    EXPECT_THAT(lines, Each(Not(HasSubstr("no further file"))));
}

TEST_F(ManyClients, ThatAreIdleMakeRoomWhereNoFileMayBeOpened) {  // O-077
#if defined(__SANITIZE_ADDRESS__)
    // UBSan probes memory through a pipe: without descriptors it takes every object for a broken one.
    GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
    const auto server = serve(R"("max_connections": 10000, "log": {"access": "off"})");
    const rlimit few{.rlim_cur = 60, .rlim_max = 60};  // it knows nothing of that
    ASSERT_EQ(::prlimit(server->workers().at(0), RLIMIT_NOFILE, &few, nullptr), 0);
    const Clients clients = idle_clients(*server, 100);

    greet(*clients.back());
    EXPECT_EQ(clients.front()->read_to_end(), "");
    EXPECT_THAT(server->program.read_error_line(), HasSubstr("grove: master "));
    EXPECT_THAT(server->program.read_error_line(),
                HasSubstr("] no further file may be opened (RLIMIT_NOFILE)"));
    EXPECT_THAT(server->get("/"), EndsWith("Hello, World!"));
}

}  // namespace
}  // namespace grove
