// What one address may have of a server. O-073
#include "peer_limits.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::chrono_literals;

TEST(PeerKey, IsOneForAnIpv4AddressAndForAnIpv6Network) {
    const auto key = [](const char* host) { return peer_key(Address::ip(host, 7)).value(); };
    EXPECT_EQ(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
    EXPECT_EQ(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_NE(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    EXPECT_EQ(peer_key(Address::unix_path("/s")), std::nullopt);
    EXPECT_EQ(peer_key(Address{}), std::nullopt);
    EXPECT_EQ(peer_key(std::string{"2001:db8:1:2::9"}), key("2001:db8:1:2::1"));
    EXPECT_NE(peer_key(std::string{"unknown"}), peer_key(std::string{"_hidden"}));
}

TEST(PeerLimits, CountConnections) {
    PeerLimits limits;
    EXPECT_EQ(limits.connections(1), 0U);
    limits.enter(1);
    limits.enter(1);
    limits.enter(2);
    limits.leave(1);
    EXPECT_EQ(limits.connections(1), 1U);
    limits.leave(1);
    limits.leave(1);
    EXPECT_EQ(limits.connections(1), 0U);
    EXPECT_EQ(limits.connections(2), 1U);
}

// Though all of its connections go meanwhile.
TEST(PeerLimits, AreWorthALineAMinuteAndAddress) {
    PeerLimits limits;
    Timer::Instant now = 1h;
    const auto refused = [&](std::uint64_t peer) {
        limits.enter(peer);
        const bool told = limits.is_worth_a_line(peer, now);
        limits.leave(peer);
        return told;
    };
    EXPECT_TRUE(refused(1));
    EXPECT_FALSE(refused(1));
    EXPECT_TRUE(refused(2));
    now += 59s;
    EXPECT_FALSE(refused(1));
    now += 1s;
    EXPECT_TRUE(refused(1));
    EXPECT_FALSE(refused(1));
}

// Those of the last minute stay known as long as they are no more than that.
TEST(PeerLimits, KnowABoundedNumberOfAddressesThatTheLogWasToldOf) {
    PeerLimits limits;
    Timer::Instant now = 1h;
    std::uint64_t peer = 0;
    for (; peer < PeerLimits::kMostTold / 2; ++peer) EXPECT_TRUE(limits.is_worth_a_line(peer, now));
    now += 30s;
    for (; peer < PeerLimits::kMostTold; ++peer) EXPECT_TRUE(limits.is_worth_a_line(peer, now));
    now += 30s;
    EXPECT_TRUE(limits.is_worth_a_line(peer, now)) << "in place of those of the first half";
    EXPECT_EQ(limits.told(), PeerLimits::kMostTold / 2 + 1);
    EXPECT_FALSE(limits.is_worth_a_line(peer - 1, now));
    for (; peer < 3 * PeerLimits::kMostTold; ++peer) {
        static_cast<void>(limits.is_worth_a_line(peer, now));
        ASSERT_LE(limits.told(), PeerLimits::kMostTold);
    }
}

TEST(PeerLimits, LetABurstThroughAndThenTheRate) {
    PeerLimits limits;
    const Rate rate{.rate = 10, .burst = 3};
    Timer::Instant now = 1h;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.take_request(1, rate, now), 0s) << i;
    EXPECT_EQ(limits.take_request(1, rate, now), 100ms);
    EXPECT_EQ(limits.take_request(2, rate, now), 0s);
    now += 99ms;
    EXPECT_EQ(limits.take_request(1, rate, now), 1ms);
    now += 1ms;
    EXPECT_EQ(limits.take_request(1, rate, now), 0s);
    EXPECT_EQ(limits.take_request(1, rate, now), 100ms);
    now += 1h;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.take_request(1, rate, now), 0s) << i;
    EXPECT_EQ(limits.take_request(1, rate, now), 100ms);
}

// Whoever is heard of stays known, however many others there are.
TEST(PeerLimits, KnowABoundedNumberOfAddresses) {
    PeerLimits limits;
    const Rate rate{.rate = 0.001, .burst = 1};
    constexpr Timer::Instant kNow = 1h;
    EXPECT_EQ(limits.take_request(7, rate, kNow), 0s);
    for (std::uint64_t peer = 100; peer < 100 + 2 * PeerLimits::kMostPeers; ++peer) {
        ASSERT_EQ(limits.take_request(peer, rate, kNow), 0s) << peer;
        ASSERT_EQ(limits.take_request(7, rate, kNow), 1000s) << peer;
        ASSERT_LE(limits.known(), PeerLimits::kMostPeers);
    }
}

}  // namespace
}  // namespace grove::http
