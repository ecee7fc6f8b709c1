// What large bodies, both ways, cost in memory.
#include <cstddef>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "program.h"
#include "wsgi_serving.h"

namespace grove {
namespace {

constexpr std::size_t kHundred = 100 << 20;
constexpr long kMiB = 1 << 10;  // in KiB

class WsgiMemory : public WsgiServing {
protected:
    /// Its worker has answered, so that it has what each request needs.
    std::unique_ptr<Serving> serve_warm() const {
        auto server = serve_rows("", R"(, "limits": {"body": null})");
        server->get("/threads");
        return server;
    }
    /// The most that it has ever had, in KiB.
    static long peak_kib(pid_t pid) {
        std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
        }
        return -1;
    }
    /// While this runs, the worker has so many KiB more than before, at most.
    template <class Action>
    static void expect_growth(const Serving& server, [[maybe_unused]] long most, Action action) {
        const pid_t worker = server.workers().at(0);
        [[maybe_unused]] const long before = resident_kib(worker);
        action();
#if !defined(GROVE_TEST_SANITIZED)  // a sanitizer holds memory back
        EXPECT_LT(peak_kib(worker) - before, most);
#endif
    }
    static std::size_t count(const Serving& server, const std::string& target) {
        const PlainClient client{server.port};
        client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return client.count_to_end();
    }
};

TEST_F(WsgiMemory, IsFlatWhileABodyIsRead) {  // W-014 W-017
    const auto server = serve_warm();
    expect_growth(*server, 10 * kMiB, [&] {
        const ProgramResult sent = run_program(
            {"/bin/sh", "-c", "head -c \"$1\" /dev/zero | curl -sS -T - -X POST -H Expect: \"$2\"",
             "sh", std::to_string(kHundred),
             "http://127.0.0.1:" + std::to_string(server->port) + "/summed"});
        EXPECT_EQ(sent.output, std::to_string(kHundred) + " 0") << sent.errors;
    });
}

TEST_F(WsgiMemory, IsFlatWhileAnAnswerIsMade) {  // W-007 W-008
    const auto server = serve_warm();
    expect_growth(*server, 10 * kMiB,
                  [&] { EXPECT_GT(count(*server, "/streamed?100"), kHundred); });
}

// Of the application's own: what it makes is sent from where it is.
TEST_F(WsgiMemory, HoldsALargePieceOnce) {  // W-033
    const auto server = serve_warm();
    expect_growth(*server, 60 * kMiB,
                  [&] { EXPECT_GT(count(*server, "/raw/large?50"), 50U << 20); });
}

}  // namespace
}  // namespace grove
