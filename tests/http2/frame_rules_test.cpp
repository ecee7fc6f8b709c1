// What the head of a frame tells. H2-011, H2-012, H2-035, H2-040, H2-042, H2-043
#include "frame_rules.h"

#include <chrono>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::chrono_literals;

constexpr Timer::Instant kNow = 1h;
constexpr int kMany = 100'000;

/// How many such frames are taken one after another.
int taken(FrameRules& rules, const Http2Frame& frame, bool is_open = true) {
    int count = 0;
    while (count < kMany && rules.on_frame(frame, is_open, kNow) == NGHTTP2_NO_ERROR) ++count;
    return count;
}

int taken_at_once(const Http2Frame& frame) {
    const Http2Options options;
    FrameRules rules{options};
    return taken(rules, frame);
}

TEST(FrameRules, CountWhatAsksForNothing) {
    EXPECT_EQ(taken_at_once({NGHTTP2_SETTINGS, 0, 0, 6}), 100);
    EXPECT_EQ(taken_at_once({NGHTTP2_PING, 0, 0, 8}), 500);
    EXPECT_EQ(taken_at_once({NGHTTP2_DATA, 0, 1, 0}), 1000);
    EXPECT_EQ(taken_at_once({NGHTTP2_PRIORITY, 0, 1, 5}), 1000);
    EXPECT_EQ(taken_at_once({NGHTTP2_PRIORITY_UPDATE, 0, 0, 5}), 1000);
    EXPECT_EQ(taken_at_once({NGHTTP2_WINDOW_UPDATE, 0, 0, 4}), 1000);
    EXPECT_EQ(taken_at_once({NGHTTP2_RST_STREAM, 0, 1, 4}), 100);  // http2.resets
}

TEST(FrameRules, CountNoAnswerAndNoContent) {
    EXPECT_EQ(taken_at_once({NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, 0}), kMany);
    EXPECT_EQ(taken_at_once({NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, 8}), kMany);
    EXPECT_EQ(taken_at_once({NGHTTP2_DATA, 0, 1, 1}), kMany);
    EXPECT_EQ(taken_at_once({NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, 0}), kMany);
}

TEST(FrameRules, LetThroughTheWindowUpdatesOfAReader) {
    const Http2Options options;
    FrameRules rules{options};
    rules.on_sent({NGHTTP2_DATA, 0, 1, 100});
    EXPECT_EQ(taken(rules, {NGHTTP2_WINDOW_UPDATE, 0, 0, 4}), 1010);
}

TEST(FrameRules, EndWithEnhanceYourCalm) {
    const Http2Options options;
    FrameRules rules{options};
    int refused = 0;
    while (rules.on_refused_stream(kNow) == NGHTTP2_NO_ERROR) ++refused;
    EXPECT_EQ(refused, 200);
    EXPECT_EQ(rules.on_refused_stream(kNow), std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
    EXPECT_EQ(rules.on_frame({NGHTTP2_PING, 0, 0, 8}, false, kNow),
              std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
}

TEST(FrameRules, CountRequestsThatAreRefusedForTheirHeads) {  // H2-026, H2-044
    const Http2Options options;
    FrameRules rules{options};
    int refused = 0;
    while (rules.on_refused_request(kNow) == NGHTTP2_NO_ERROR) ++refused;
    EXPECT_EQ(refused, 200);
    EXPECT_EQ(rules.on_refused_request(kNow), std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
}

TEST(FrameRules, EndAConnectionForAFrameOnAClosedStream) {
    const Http2Options options;
    FrameRules rules{options};
    const auto headers = [&rules](std::int32_t id, bool is_open) {
        return rules.on_frame({NGHTTP2_HEADERS, 0, id, 10}, is_open, kNow);
    };
    EXPECT_EQ(headers(1, false), std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_EQ(headers(1, true), std::uint32_t{NGHTTP2_NO_ERROR}) << "trailers";
    EXPECT_EQ(headers(1, false), std::uint32_t{NGHTTP2_STREAM_CLOSED});
    EXPECT_EQ(headers(5, false), std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_EQ(headers(3, false), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});

    rules.on_sent({NGHTTP2_RST_STREAM, 0, 5, 4});
    EXPECT_EQ(headers(5, false), std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_EQ(rules.on_frame({NGHTTP2_DATA, 0, 5, 9}, false, kNow),
              std::uint32_t{NGHTTP2_NO_ERROR});
}

// RFC 9113, section 6.8: those that were under way.
TEST(FrameRules, IgnoreLaterStreamsAfterGoaway) {
    const Http2Options options;
    FrameRules rules{options};
    rules.take_no_more();
    EXPECT_EQ(rules.on_frame({NGHTTP2_HEADERS, 0, 7, 10}, false, kNow),
              std::uint32_t{NGHTTP2_NO_ERROR});
    EXPECT_EQ(rules.on_frame({NGHTTP2_DATA, 0, 7, 10}, false, kNow),
              std::uint32_t{NGHTTP2_NO_ERROR});
}

TEST(FrameRules, TakeAPriorityOfNoStreamForAProtocolError) {
    const Http2Options options;
    FrameRules rules{options};
    EXPECT_EQ(rules.on_frame({NGHTTP2_PRIORITY, 0, 0, 5}, false, kNow),
              std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
}

}  // namespace
}  // namespace grove::http
