// What a frame on a stream that is not open means. H2-011, H2-012
#include "closed_streams.h"

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using Frame = ClosedStreamFrame;

constexpr std::size_t kMost = 64;

/// After requests on 1, 3 and 9.
ClosedStreams after_three() {
    ClosedStreams streams{kMost};
    for (const std::uint32_t id : {1, 3, 9}) EXPECT_EQ(streams.on_headers(id), Frame::kOpens) << id;
    return streams;
}

// RFC 9113, 5.1.1
TEST(ClosedStreams, LetAClientOpenOddStreamsUpwards) {
    ClosedStreams streams{kMost};
    EXPECT_EQ(streams.highest(), 0U);
    EXPECT_EQ(streams.on_headers(0), Frame::kProtocolError);
    EXPECT_EQ(streams.on_headers(2), Frame::kProtocolError);
    EXPECT_EQ(streams.on_headers(5), Frame::kOpens);
    EXPECT_EQ(streams.on_headers(8), Frame::kProtocolError);
    EXPECT_EQ(streams.highest(), 5U) << "what is refused is not counted";
    EXPECT_EQ(streams.on_headers(7), Frame::kOpens);
    EXPECT_EQ(streams.on_headers(0x7fff'ffff), Frame::kOpens);
    EXPECT_EQ(streams.highest(), 0x7fff'ffffU);
}

// H2-011
TEST(ClosedStreams, TellAnIdThatWasPassedOverFromOneThatWasOpen) {
    ClosedStreams streams = after_three();
    for (const std::uint32_t id : {5, 7})
        EXPECT_EQ(streams.on_headers(id), Frame::kProtocolError) << id;
    for (const std::uint32_t id : {1, 3, 9})
        EXPECT_EQ(streams.on_headers(id), Frame::kStreamClosed) << id;
    ClosedStreams first_passed_over{kMost};
    ASSERT_EQ(first_passed_over.on_headers(3), Frame::kOpens);
    EXPECT_EQ(first_passed_over.on_headers(1), Frame::kProtocolError);
}

// 5.1: idle, and closed
TEST(ClosedStreams, TakeDataOnAnIdleStreamForAProtocolError) {
    const ClosedStreams streams = after_three();
    for (const std::uint32_t id : {0, 2, 8, 10, 11})
        EXPECT_EQ(streams.on_data(id), Frame::kProtocolError) << id;
    for (const std::uint32_t id : {1, 3, 5, 7, 9})
        EXPECT_EQ(streams.on_data(id), Frame::kStreamClosed) << id;
}

// H2-012: 5.4.2
TEST(ClosedStreams, IgnoreWhatComesOnAStreamThatTheServerHasReset) {
    ClosedStreams streams = after_three();
    streams.count_reset(3);
    EXPECT_EQ(streams.on_data(3), Frame::kIgnored);
    EXPECT_EQ(streams.on_headers(3), Frame::kIgnored);
    EXPECT_EQ(streams.on_data(1), Frame::kStreamClosed);
    EXPECT_EQ(streams.on_headers(1), Frame::kStreamClosed);
}

TEST(ClosedStreams, RememberTheLastResets) {
    ClosedStreams streams{kMost};
    for (std::uint32_t id = 1; id < 1001; id += 2) {
        ASSERT_EQ(streams.on_headers(id), Frame::kOpens);
        streams.count_reset(id);
        for (std::uint32_t earlier = 1; earlier <= id; earlier += 2) {
            const bool is_known = id - earlier < 2 * kMost;
            ASSERT_EQ(streams.on_data(earlier), is_known ? Frame::kIgnored : Frame::kStreamClosed)
                << earlier << " after " << id;
        }
    }
}

TEST(ClosedStreams, MayRememberNone) {
    ClosedStreams streams{0};
    ASSERT_EQ(streams.on_headers(1), Frame::kOpens);
    streams.count_reset(1);
    EXPECT_EQ(streams.on_data(1), Frame::kStreamClosed);
}

}  // namespace
}  // namespace grove::http
