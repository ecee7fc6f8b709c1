// What a burst of requests leaves behind: O-035, O-036.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <grove/core/event.h>
#include <grove/core/greenlet.h>

#include "greenlet_test.h"
#include "resident.h"
#include "sanitized.h"
#include "served_application.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kClients = 4000;

// What is left of the burst 15 s after its clients went, as a part of its peak.
void expect_little_left(ServedApplication& served, std::string_view bytes, Event& over) {
    ASSERT_EQ(served.ask(get()).status, 200);
    const std::size_t before = resident_bytes();
    std::size_t peak = 0;
    {
        std::vector<std::unique_ptr<Client>> clients;
        for (std::size_t i = 0; i < kClients; ++i) {
            clients.push_back(std::make_unique<Client>(served.address()));
            clients.back()->send(bytes);
            if (i % 100 == 0) let_the_hub_turn();
        }
        let_the_hub_turn();
        over.set();
        let_the_hub_turn();
        peak = resident_bytes();
    }
    ASSERT_TRUE(served.quiet());
    ASSERT_GT(peak - before, kClients * 4096);
    served.access_lines = {};  // the test's own, which would lie between what is given back
    served.access_bytes = {};

    sleep(15s);

    EXPECT_LE(resident_bytes() - before, (peak - before) / 20);
}

// O-035
FAKE_CLOCK_TEST(MemoryAfterABurst, OfRequestsIsBackWithin15Seconds) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer holds memory back itself";
#endif
    Event over;
    http::WsgiOptions options;
    options.spawn = kClients;
    options.max_connections = kClients + 10;
    ServedApplication served{[&](http::Environ& environ, http::StartResponse& start) {
                                 if (environ["PATH_INFO"] == "/burst") over.wait();
                                 start("200 OK", {});
                                 return http::Body{"hello"};
                             },
                             options};
    expect_little_left(served, get("/burst"), over);
}

// O-036
FAKE_CLOCK_TEST(MemoryAfterABurst, OfHalfHeadsIsBackWithin15Seconds) {
#if defined(GROVE_TEST_SANITIZED)
    GTEST_SKIP() << "the sanitizer holds memory back itself";
#endif
    Event over;
    http::WsgiOptions options;
    options.max_connections = kClients + 10;
    ServedApplication served{say_hello(), options};
    expect_little_left(served, "GET / HTTP/1.1\r\nHost: ", over);
}

}  // namespace
}  // namespace grove::test
