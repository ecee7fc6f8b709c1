#include "trusted_proxies.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(TrustedProxies, HoldsAddressesAndNetworks) {
    const TrustedProxies proxies{{"10.1.0.0/17", "192.0.2.7", "fd00::/7", "::1"}};

    EXPECT_TRUE(proxies.holds("10.1.127.255"));
    EXPECT_FALSE(proxies.holds("10.1.128.0"));
    EXPECT_FALSE(proxies.holds("10.0.127.255"));
    EXPECT_TRUE(proxies.holds("192.0.2.7"));
    EXPECT_FALSE(proxies.holds("192.0.2.6"));
    EXPECT_TRUE(proxies.holds("fc00::1"));
    EXPECT_TRUE(proxies.holds("fd12::1%eth0"));
    EXPECT_FALSE(proxies.holds("fe80::1"));
    EXPECT_TRUE(proxies.holds("::1"));
    EXPECT_TRUE(proxies.holds("::ffff:192.0.2.7"));  // of a socket for both families
    EXPECT_FALSE(proxies.holds(""));                 // a unix socket's client
    EXPECT_FALSE(proxies.holds("unix"));
}

TEST(TrustedProxies, HoldsNobodyOrEverybody) {
    EXPECT_TRUE(TrustedProxies{}.empty());
    EXPECT_FALSE(TrustedProxies{}.holds("127.0.0.1"));
    EXPECT_TRUE(TrustedProxies{{"0.0.0.0/0"}}.holds("8.8.8.8"));
    EXPECT_FALSE(TrustedProxies{{"0.0.0.0/0"}}.holds("2001:db8::1"));
    EXPECT_TRUE(TrustedProxies{{"::/0"}}.holds("2001:db8::1"));
}

// O-018
TEST(TrustedProxies, HoldsWhoeverComesOverAUnixSocketIfToldTo) {
    EXPECT_FALSE(TrustedProxies{{"::/0"}}.holds_unix());
    const TrustedProxies proxies{{"unix"}};
    EXPECT_TRUE(proxies.holds_unix());
    EXPECT_FALSE(proxies.empty());
    EXPECT_FALSE(proxies.holds("unix")) << "what a proxy tells is never a socket";
    EXPECT_FALSE(proxies.holds(""));
    EXPECT_TRUE((TrustedProxies{{"unix", "10.0.0.0/8"}}.holds("10.1.2.3")));
}

TEST(TrustedProxies, RefusesWhatIsNoNetwork) {
    for (const char* text : {"", "Unix", "unix:", "unix/8", "unix:/run/s", "/8", "10.0.0.0/33",
                             "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "localhost",
                             "10.0.0", "1.2.3.4/4294967290", "1.2.3.4 "})
        EXPECT_THROW(TrustedProxies{{text}}, std::invalid_argument) << text;
}

}  // namespace
}  // namespace grove::http
