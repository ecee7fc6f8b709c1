// limits.slow: how many run without a slot as their clients are slow. Others keep theirs until there is room.
#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include <grove/core/greenlet.h>

#include "fake_clock.h"
#include "greenlet_test.h"
#include "served_application.h"
#include "served_over_unix.h"
#include "uploads.h"

namespace grove::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPieces = 24;
constexpr std::size_t kPiece = 100'000;  // of so many a unix socket's kernel does not keep all

http::WsgiOptions slow_limit(http::ServerMetrics& metrics, std::size_t slow) {
    http::WsgiOptions options;
    options.spawn = 2;
    options.metrics = &metrics;
    options.limits.slow = slow;
    return options;
}

// Of two that begin together one has room; the other keeps its slot until the first has ended.
FAKE_CLOCK_TEST(SlowLimit, LetsOneOfTwoBodiesLoseItsSlot) {  // O-070
    http::ServerMetrics metrics;
    ServedApplication served{gives_body_back(), slow_limit(metrics, 1)};
    Client first{served.address()};
    Client other{served.address()};
    first.send(upload_head(100'000));
    let_the_hub_turn();
    other.send(upload_head(100'000));
    let_the_hub_turn();
    EXPECT_EQ(metrics.pool_in_use.value(), 2U);
    sleep(10s);
    EXPECT_EQ(metrics.slow.value(), 1U);
    EXPECT_EQ(metrics.pool_in_use.value(), 1U);

    first.send(std::string(100'000, 'x'));
    EXPECT_EQ(first.answer().body.size(), 100'000U);
    sleep(2s);
    EXPECT_EQ(metrics.slow.value(), 1U) << "the other one's, in the same wait";
    EXPECT_EQ(metrics.pool_in_use.value(), 0U);
    other.send(std::string(100'000, 'x'));
    EXPECT_EQ(other.answer().body.size(), 100'000U);
}

// Its time-out is the same.
FAKE_CLOCK_TEST(SlowLimit, LeavesTheTimeOutOfABodyAsItIs) {  // O-070, S-088
    http::ServerMetrics metrics;
    http::WsgiOptions options = slow_limit(metrics, 0);
    options.timeouts.body = 5500ms;
    ServedApplication served{gives_body_back(), options};
    Client client{served.address()};
    const auto began = now();
    client.send(upload_head(100'000) + "a");
    EXPECT_EQ(client.answer().status, 408);
    EXPECT_EQ(now() - began, 5500ms);
}

FAKE_CLOCK_TEST(SlowLimit, LetsOneOfTwoReadersLoseItsSlot) {  // O-071
    for (const bool by_write : {false, true}) {
        SCOPED_TRACE(by_write);
        http::ServerMetrics metrics;
        const ServedOverUnix served{
            [by_write](http::Environ&, http::StartResponse& start) {
                const http::Write write = start("200 OK", {});
                if (by_write) {
                    for (std::size_t i = 0; i < kPieces; ++i) write(std::string(kPiece, 'x'));
                    return http::Body{};
                }
                return http::Body{[made = std::size_t{0}]() mutable -> std::optional<std::string> {
                    if (made++ == kPieces) return std::nullopt;
                    return std::string(kPiece, 'x');
                }};
            },
            slow_limit(metrics, 1)};
        Client first = served.client();
        Client other = served.client();
        first.send(get());
        let_the_hub_turn();
        other.send(get());
        let_the_hub_turn();
        EXPECT_EQ(metrics.pool_in_use.value(), 2U);
        sleep(10s);
        EXPECT_EQ(metrics.slow.value(), 1U);
        EXPECT_EQ(metrics.pool_in_use.value(), 1U);

        EXPECT_EQ(first.answer().body.size(), kPieces * kPiece);
        sleep(2s);
        EXPECT_EQ(metrics.slow.value(), 1U) << "the other one's, in the same wait";
        EXPECT_EQ(metrics.pool_in_use.value(), 0U);
        EXPECT_EQ(other.answer().body.size(), kPieces * kPiece);
    }
}

}  // namespace
}  // namespace grove::test
