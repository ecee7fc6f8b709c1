// Clients of a proxy that are killed at random points: nothing of their requests is left (C-008, C-050, C-053).
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <grove/core/errors.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "through_proxy.h"

namespace grove::test {
namespace {

using testing::IsEmpty;

/// A soak asks for 10,000.
int kills() {
    const char* wanted = std::getenv("GROVE_TEST_KILLS");
    return wanted != nullptr ? std::atoi(wanted) : 500;
}

/// Answers in pieces, with a turn of the hub between them.
void answer_slowly(Peer& peer) {
    const std::string answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    while (!peer.request().empty()) {
        for (std::size_t at = 0; at < answer.size(); at += 9) {
            peer.say(answer.substr(at, 9));
            sleep();
        }
    }
}

/// Bodies that wait for no upstream, and that are streamed.
std::vector<std::string> requests() {
    return {get(), post("small"), post(std::string(100'000, 'x')),
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"};
}

void kill_at_random_points() {
    ThroughProxy through{answer_slowly, {.keepalive = 4}, at_once()};
    Proxy& proxy = through.proxy;
    const std::vector<std::string> all = requests();
    std::mt19937 random{20261202};
    int answered = 0;
    for (int killed = 0; killed < kills();) {
        std::vector<Greenlet<void>> asking;
        for (int i = 0; i < 10; ++i) {
            asking.push_back(spawn([&, &request = all[random() % all.size()]] {
                Client client{proxy.served.address()};
                client.send(request);
                if (client.answer().body == "abc") ++answered;
            }));
        }
        for (auto turns = random() % 100; turns != 0; --turns) sleep();
        if (random() % 10 != 0) {  // now and then they must be answered
            for (auto& one : asking) one.kill(GreenletExit{}, false);
            killed += 10;
        }
        for (auto& one : asking) one.join();
    }
    EXPECT_GT(answered, 0) << "some are not killed";
    EXPECT_LT(answered, kills()) << "and some are";
    EXPECT_THAT(proxy.served.errors, IsEmpty());
    EXPECT_TRUE(proxy.served.quiet());
    EXPECT_LE(proxy.peers.client().connections(), 4U) << "those that are kept";
    for (const std::string& request : all) EXPECT_EQ(proxy.served.ask(request).body, "abc");
}

TEST(ProxyKills, LeaveNothingAtRandomPoints) {
    run_in_fresh_hub(kill_at_random_points, {.more_time = std::chrono::seconds{kills() / 20}});
}

}  // namespace
}  // namespace grove::test
