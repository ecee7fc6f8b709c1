// Python applications under all that clients do to them: their time passes in Python and in C, they go in the middle of
// a request and of an answer. Nothing may stay behind: no thread, no job, no greenlet.
//
// Seconds in the suite; GROVE_SOAK_SECONDS says how long else.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prometheus_text.h"
#include "wsgi_serving.h"

namespace grove {
namespace {

using std::chrono::steady_clock;
using testing::Contains;
using testing::StartsWith;

std::chrono::seconds length_of_the_storm() {
    const char* const seconds = std::getenv("GROVE_SOAK_SECONDS");
    return std::chrono::seconds{seconds != nullptr ? std::stol(seconds) : 1};
}

constexpr std::size_t kThreads = 8;

struct Deed {
    std::string_view line;
    std::string rest = "\r\n";
    bool waits = true;  ///< For the first bytes of an answer; then the client goes.
};

const std::vector<Deed>& deeds() {
    static const std::vector<Deed> all{
        {.line = "GET /loops"},
        {.line = "GET /loops", .waits = false},
        {.line = "GET /sleeps?1.5"},
        {.line = "GET /endless"},
        {.line = "GET /endless", .waits = false},
        {.line = "GET /streamed?4"},
        {.line = "GET /raw/large?4"},
        {.line = "GET /raises_later"},
        {.line = "GET /threads"},
        {.line = "POST /raw/reads", .rest = "Content-Length: 4\r\n\r\nab", .waits = false},
        {.line = "POST /raw/reads",
         .rest = "Content-Length: 200000\r\n\r\n" + std::string(100'000, 'r'),
         .waits = false},
        {.line = "POST /raw/reads",
         .rest = "Content-Length: 200000\r\n\r\n" + std::string(200'000, 'r')},
    };
    return all;
}

// A client that has not run for a second may find that it was answered and given up meanwhile: a reset.
void do_one(std::uint16_t port, const Deed& deed) {
    const PlainClient client{port};
    try {
        client.send(std::string{deed.line} + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                    deed.rest);
        if (deed.waits) client.read_until("HTTP/1.1 ");
    } catch (const std::system_error&) {  // what the server has is looked at, in the end
    }
}

class WsgiStorm : public WsgiServing {
protected:
    WsgiStorm() { log_ = file("error.log"); }  // which nobody reads

    /// Clients that do all of it, each beginning somewhere else.
    static std::uint64_t storm(std::uint16_t port) {
        const auto end = steady_clock::now() + length_of_the_storm();
        std::atomic<std::uint64_t> done{0};
        std::vector<std::thread> clients;
        for (std::size_t first = 0; first < 2 * kThreads; ++first) {
            clients.emplace_back([&, first] {
                for (std::size_t at = first; steady_clock::now() < end; ++at) {
                    do_one(port, deeds()[at % deeds().size()]);
                    ++done;
                }
            });
        }
        for (std::thread& client : clients) client.join();
        return done;
    }
    /// Why a worker has asked for another one in its place.
    std::string replacements() const {
        std::ifstream log{log_};
        std::string found;
        for (std::string line; std::getline(log, line);) {
            if (line.find("asks to be replaced") != line.npos) found += line + '\n';
        }
        return found;
    }
    static PrometheusText metrics(std::uint16_t admin) {
        return PrometheusText{body_of(grove::ask(admin, "/metrics"))};
    }
    /// Those that wait at one place share a line, which says how many they are.
    static long greenlets(std::uint16_t admin) {
        std::istringstream text{body_of(grove::ask(admin, "/greenlets"))};
        long count = 0;
        for (std::string line; std::getline(text, line);) {
            if (line.starts_with("greenlet ")) ++count;
            if (line.find(" greenlets ") != line.npos) count += std::stol(line);
        }
        return count;
    }
};

TEST_F(WsgiStorm, LosesNoThreadNoJobAndNoGreenlet) {  // W-018 W-019 W-020
    const auto server =
        serve_rows(R"(, "threads": )" + std::to_string(kThreads),
                   R"(, "timeouts": {"request": 1}, "workers": 1, "admin": "127.0.0.1:0")");
    const std::uint16_t admin = admin_port(*server);
    const pid_t worker = server->workers().at(0);
    server->get("/threads");
    const long before = greenlets(admin);

    EXPECT_GT(storm(server->port), deeds().size());

    // ctest's time-out, if they do not come back
    for (const char* const name :
         {"wsgi_threads_busy", "wsgi_threads_abandoned", "wsgi_requests_waiting",
          "grove_requests_in_flight", "grove_connections"}) {
        while (metrics(admin)[name] != 0) {
        }
    }
    while (greenlets(admin) > before) {
    }
    std::vector<std::unique_ptr<PlainClient>> clients;
    for (std::size_t i = 0; i < kThreads; ++i) {
        clients.push_back(std::make_unique<PlainClient>(server->port));
        clients.back()->send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    for (const auto& client : clients)
        EXPECT_THAT(client->read_until("first"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(metrics(admin)["wsgi_threads_busy"], kThreads);
    // Where the machine is so busy that the worker does not answer the master, another child of the master's stands in.
    EXPECT_THAT(server->workers(), Contains(worker));
    EXPECT_EQ(replacements(), "");
}

}  // namespace
}  // namespace grove
