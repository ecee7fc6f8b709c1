// Messages that are compressed, and what the peer's may do (WS-041; RFC 7692 section 7.2).
#include "ws_deflate.h"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMost = 1 << 20;

std::string inflated(std::string_view coded, std::size_t most = kMost, bool text = true) {
    WsDeflate deflate;
    const auto result = deflate.inflate(coded, most, text);
    if (result.close_code == 0) return result.message;
    return std::to_string(result.close_code) + ' ' + result.why;
}

TEST(WsDeflate, InflatesTheRfcsExamples) {  // WS-041
    EXPECT_EQ(inflated("\xf2\x48\xcd\xc9\xc9\x07\x00"sv), "Hello") << "7.2.3.1";
    EXPECT_EQ(inflated("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv), "Hello") << "7.2.3.3";
    EXPECT_EQ(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv), "Hello") << "7.2.3.4";
    EXPECT_EQ(inflated("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv), "Hello")
        << "7.2.3.5";
    EXPECT_EQ(inflated("\x00"sv), "") << "7.2.3.6";
    EXPECT_EQ(inflated("\x02\x00"sv), "");
    EXPECT_EQ(inflated(""), "1007 a compressed message ends too early") << "not even a block";
}

TEST(WsDeflate, RefusesTheExampleThatNeedsTheMessageBefore) {  // WS-040
    WsDeflate deflate;
    EXPECT_EQ(deflate.inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"sv, kMost, true).message, "Hello");
    EXPECT_EQ(deflate.inflate("\xf2\x00\x11\x00\x00"sv, kMost, true).close_code, 1007) << "7.2.3.2";
}

TEST(WsDeflate, RefusesWhatIsNoDeflate) {  // WS-041
    EXPECT_EQ(inflated("\xff\xff\xff"sv), "1007 a compressed message is broken");
    EXPECT_EQ(inflated("\x00\x05\x00\xfb\xff\x48"sv), "1007 a compressed message is broken");
    EXPECT_EQ(inflated("\x00\x09\x00\xf6\xff\x48"sv, kMost, false),
              "1007 a compressed message ends too early");
}

TEST(WsDeflate, ChecksTextAsItInflates) {  // WS-041
    WsDeflate deflate;
    const std::string bad = *deflate.compress("\xff" + std::string(100'000, 'x'), 15);
    EXPECT_EQ(inflated(bad, 50'000), "1007 text is not UTF-8") << "before it is too long";
    EXPECT_EQ(inflated(bad, 50'000, false), "1009 a message is too long");
    EXPECT_EQ(inflated(bad, kMost, false).size(), 100'001U);
    const std::string cut = *deflate.compress(std::string(1000, 'x') + "\xc3", 15);
    EXPECT_EQ(inflated(cut), "1007 text ends inside of a character");
}

TEST(WsDeflate, StopsAtTheMostBytes) {  // WS-041
    WsDeflate deflate;
    for (const std::size_t size : {1000U, 16'384U, 16'385U, 100'000U}) {
        const std::string coded = *deflate.compress(std::string(size, 'x'), 15);
        EXPECT_EQ(inflated(coded, size).size(), size);
        EXPECT_EQ(inflated(coded, size - 1), "1009 a message is too long");
    }
    const std::string bomb = *deflate.compress(std::string(std::size_t{1} << 24, '\0'), 15);
    const auto result = deflate.inflate(bomb, kMost, false);
    EXPECT_EQ(result.close_code, 1009);
    EXPECT_EQ(result.message.capacity(), std::string{}.capacity());
}

TEST(WsDeflate, TakesAnyLengthWhereNoneIsTooMuch) {  // WS-041
    constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
    WsDeflate deflate;

    EXPECT_EQ(deflate.inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"sv, kAny, true).message, "Hello");
}

TEST(WsDeflate, CompressesForEachWindow) {  // WS-040
    WsDeflate deflate;
    std::string message;
    for (int count = 0; count < 5000; ++count) message += std::to_string(count * 7919) + ' ';
    for (int bits = 9; bits <= 15; ++bits) {
        for (int again = 0; again < 2; ++again) {
            const auto coded = deflate.compress(message, bits);
            ASSERT_TRUE(coded) << bits;
            EXPECT_LT(coded->size(), message.size());
            EXPECT_EQ(inflated(*coded), message) << bits;
        }
    }
}

TEST(WsDeflate, SendsAsItIsWhatDoesNotShrink) {  // WS-040
    WsDeflate deflate;
    EXPECT_FALSE(deflate.compress("", 15));
    EXPECT_FALSE(deflate.compress("a", 15));
    std::string noise;
    unsigned state = 1;
    for (int count = 0; count < 5000; ++count)
        noise += static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
    EXPECT_FALSE(deflate.compress(noise, 15));
}

TEST(WsDeflate, ForgetsAMessageThatBroke) {  // WS-041
    WsDeflate deflate;
    const std::string good = *deflate.compress(std::string(1000, 'x'), 15);
    for (std::size_t cut = 1; cut < good.size(); ++cut) {
        EXPECT_EQ(deflate.inflate(good.substr(0, cut) + "\xff\xff\xff", kMost, false).message, "");
        EXPECT_EQ(deflate.inflate(good, kMost, true).message, std::string(1000, 'x'));
    }
}

}  // namespace
}  // namespace grove::http
