// Frames that leave: their headers, their order, and the pong that goes first (WS-015, WS-033).
#include "ws_writer.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::string_literals;

TEST(FrameHeader, SaysTheLengthInItsShortestForm) {  // RFC 6455 section 5.2
    const auto bytes = [](std::uint64_t length) {
        return std::string{FrameHeader{Opcode::kBinary, length}.bytes()};
    };
    EXPECT_EQ(bytes(0), "\x82\0"s);
    EXPECT_EQ(bytes(125), "\x82\x7d"s);
    EXPECT_EQ(bytes(126), "\x82\x7e\0\x7e"s);
    EXPECT_EQ(bytes(65535), "\x82\x7e\xff\xff"s);
    EXPECT_EQ(bytes(65536), "\x82\x7f\0\0\0\0\0\x01\0\0"s);
    EXPECT_EQ(std::string{(FrameHeader{Opcode::kText, 1, true}.bytes())}, "\xc1\x01"s);
    EXPECT_EQ(std::string{(FrameHeader{Opcode::kText, 1, false, Mask{1, 2, 3, 4}}.bytes())},
              "\x81\x81\x01\x02\x03\x04"s);
}

TEST(Mask, IsTheSameWhereverTheDataIsCut) {
    const std::string plain = "a text that is longer than two words of eight bytes";
    constexpr Mask kMask{0xa0, 0x0b, 0xc3, 0x7d};
    std::string whole = plain;
    apply_mask(whole.data(), whole.size(), kMask, 0);
    for (std::size_t at = 0; at < plain.size(); ++at) {
        EXPECT_EQ(static_cast<unsigned char>(whole[at]),
                  static_cast<unsigned char>(plain[at]) ^ kMask[at % 4]);
    }
    for (std::size_t cut = 0; cut <= plain.size(); ++cut) {
        std::string cut_up = whole;
        apply_mask(cut_up.data(), cut, kMask, 0);
        apply_mask(cut_up.data() + cut, cut_up.size() - cut, kMask, cut);
        EXPECT_EQ(cut_up, plain) << cut;
    }
}

TEST(Outbox, KeepsTheOrderOfItsFramesAndKnowsWhatHasLeft) {
    Outbox outbox;
    EXPECT_TRUE(outbox.empty());
    outbox.add(Opcode::kText, "one");
    outbox.add(Opcode::kBinary, "2");
    EXPECT_EQ(outbox.unsent(),
              "\x81\x03one\x82\x01"
              "2");
    EXPECT_EQ(outbox.size(), 8U);
    outbox.sent(4);
    EXPECT_EQ(outbox.unsent(),
              "e\x82\x01"
              "2");
    outbox.sent(4);
    EXPECT_TRUE(outbox.empty());
    outbox.add(Opcode::kClose, "");
    EXPECT_EQ(outbox.unsent(), "\x88\0"s);
    outbox.clear();
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, AddsTheRestOfAFrameWhoseBeginHasLeft) {
    const std::string payload(300, 'p');
    const FrameHeader header{Opcode::kText, payload.size()};
    const std::string frame = std::string{header.bytes()} + payload;
    for (std::size_t sent = 0; sent < frame.size(); ++sent) {
        Outbox outbox;
        outbox.add_rest(header, payload, sent);
        EXPECT_EQ(outbox.unsent(), frame.substr(sent)) << sent;
    }
}

TEST(Outbox, AnswersTheNewestPingBeforeWhatIsAddedLater) {  // WS-015
    Outbox outbox;
    outbox.pong("at once");
    EXPECT_EQ(outbox.unsent(),
              "\x8a\x07"
              "at once");
    outbox.add(Opcode::kText, "a");
    const std::size_t before = outbox.size();
    for (int pings = 0; pings < 1000; ++pings) outbox.pong(std::to_string(pings));
    EXPECT_EQ(outbox.size(), before) << "a flood of pings takes no memory";
    outbox.add(Opcode::kText, "b");
    EXPECT_EQ(outbox.unsent(),
              "\x8a\x07"
              "at once\x81\x01"
              "a\x8a\x03"
              "999\x81\x01"
              "b");
}

TEST(Outbox, AnswersAPingOnceAllElseHasLeft) {
    Outbox outbox;
    outbox.add(Opcode::kText, "a");
    outbox.pong("p");
    outbox.sent(3);
    EXPECT_EQ(outbox.unsent(), "\x8a\x01p");
    outbox.sent(3);
    EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, ForgetsWhatHasLeftOfALongOne) {
    Outbox outbox;
    const std::string payload(200000, 'p');
    outbox.add(Opcode::kBinary, payload);
    std::string all;
    while (!outbox.empty()) {
        const std::string some{outbox.unsent().substr(0, 50001)};
        all += some;
        outbox.sent(some.size());
    }
    EXPECT_EQ(all, "\x82\x7f\0\0\0\0\0\x03\x0d\x40"s + payload);
    EXPECT_LT(outbox.memory(), 5000U) << "an idle socket has no memory of what has left";
}

TEST(Outbox, GivesItsMemoryBackWhenItIsCleared) {
    Outbox outbox;
    outbox.add(Opcode::kBinary, std::string(200000, 'p'));
    outbox.clear();
    EXPECT_LT(outbox.memory(), 5000U);
}

}  // namespace
}  // namespace grove::http
