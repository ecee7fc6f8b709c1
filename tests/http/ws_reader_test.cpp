// Frames of a client to messages and controls, however they are cut: WS-010 to WS-015, WS-021, WS-034, WS-041.
#include "ws_reader.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "segments.h"
#include "ws_frames.h"

namespace grove::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::client_frame;
using testing::close_frame;
using testing::Reads;
using testing::text_frame;
using testing::ways_to_cut;

constexpr ReaderLimits kLimits{.message_bytes = 200, .frames = 4};

/// What was read: "text hello|ping x|close 1000 bye|failed 1002|".
std::string read(std::string_view bytes, const Reads& reads, bool compressed = false,
                 Sender from = Sender::kClient, ReaderLimits limits = kLimits) {
    WsReader reader{limits, from, compressed};
    std::string all;
    std::size_t at = 0;
    for (const std::size_t end : reads) {
        std::string_view rest = bytes.substr(at, end - at);
        at = end;
        for (;;) {
            const WsReader::Event event = reader.next(rest);
            if (event == WsReader::Event::kNone) break;
            const std::string payload{reader.payload()};
            const std::string code = std::to_string(reader.close_code());
            switch (event) {
                case WsReader::Event::kMessage:
                    all += reader.compressed() ? "compressed " : "";
                    all += (reader.binary() ? "binary " : "text ") + reader.take_message();
                    break;
                case WsReader::Event::kPing:
                    all += "ping " + payload;
                    break;
                case WsReader::Event::kPong:
                    all += "pong " + payload;
                    break;
                case WsReader::Event::kClose:
                    all += "close " + code + ' ' + payload;
                    break;
                default:
                    EXPECT_NE(reader.why(), ""sv);
                    all += "failed " + code;
            }
            all += '|';
        }
        EXPECT_TRUE(rest.empty()) << "all is read";
        EXPECT_LE(reader.buffered(), compressed ? limits.coded_bytes() : limits.message_bytes);
    }
    return all;
}

struct Row {
    std::string bytes;
    std::string events;
};

void expect_events(const std::vector<Row>& rows, bool compressed = false) {
    for (const Row& row : rows) {
        for (const Reads& reads : ways_to_cut(row.bytes.size())) {
            ASSERT_EQ(read(row.bytes, reads, compressed), row.events)
                << ::testing::PrintToString(row.bytes) << " cut at " << reads.front();
        }
    }
}

TEST(WsReader, ReadsTheExampleOfTheRfc) {  // RFC 6455 section 5.7
    const std::string bytes = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s;
    EXPECT_EQ(bytes, text_frame("Hello"));
    EXPECT_EQ(read(bytes, {bytes.size()}), "text Hello|");
    EXPECT_EQ(read("\x81\x05Hello", {7}, false, Sender::kServer), "text Hello|");
}

TEST(WsReader, JoinsFragmentsAndTellsControlsBetweenThemAtOnce) {  // WS-012, WS-013
    expect_events({
        {text_frame(""), "text |"},
        {text_frame("one") + text_frame("two") + client_frame(0x82, "\xff\0"sv),
         "text one|text two|binary \xff\0|"s},
        {client_frame(0x01, "a") + client_frame(0x00, "b") + client_frame(0x80, "c"), "text abc|"},
        {client_frame(0x02, "a") + client_frame(0x80, "") + text_frame("x"), "binary a|text x|"},
        {client_frame(0x01, "a") + client_frame(0x89, "p") + client_frame(0x8a, "q") +
             client_frame(0x80, "b"),
         "ping p|pong q|text ab|"},
        {client_frame(0x01, "a") + close_frame(1000, "bye") + client_frame(0x80, "b"),
         "close 1000 bye|"},
        {client_frame(0x89, std::string(125, 'p')), "ping " + std::string(125, 'p') + '|'},
        {text_frame(std::string(126, 't')), "text " + std::string(126, 't') + '|'},
        {text_frame(std::string(200, 't')), "text " + std::string(200, 't') + '|'},
    });
}

TEST(WsReader, RefusesWhatBreaksTheProtocol) {  // WS-010, WS-011
    expect_events({
        {"\x81\x05Hello", "failed 1002|"},  // not masked
        {client_frame(0xc1, "a"), "failed 1002|"},
        {client_frame(0xa1, "a"), "failed 1002|"},
        {client_frame(0x91, "a"), "failed 1002|"},
        {client_frame(0x83, "a"), "failed 1002|"},
        {client_frame(0x87, "a"), "failed 1002|"},
        {client_frame(0x8b, "a"), "failed 1002|"},
        {client_frame(0x8f, "a"), "failed 1002|"},
        {client_frame(0x09, "a"), "failed 1002|"},  // a fragmented control
        {client_frame(0x08, ""), "failed 1002|"},
        {client_frame(0x89, std::string(126, 'p')), "failed 1002|"},
        {client_frame(0x80, "a"), "failed 1002|"},  // a continuation of nothing
        {client_frame(0x00, "a"), "failed 1002|"},
        {client_frame(0x01, "a") + text_frame("b"), "failed 1002|"},
        {client_frame(0x01, "a") + client_frame(0x80, "b") + client_frame(0x80, "c"),
         "text ab|failed 1002|"},
        {"\x81\xfe\0\x7d"s + "mask", "failed 1002|"},                // 125 in 16 bits
        {"\x81\xff\0\0\0\0\0\0\xff\xff"s + "mask", "failed 1002|"},  // 65535 in 64
        {"\x81\xff\x80\0\0\0\0\0\0\0"s + "mask", "failed 1002|"},    // the top bit
        {text_frame("good") + client_frame(0x83, "a") + text_frame("never read"),
         "text good|failed 1002|"},
    });
}

TEST(WsReader, ChecksTextAsItComes) {  // WS-014
    expect_events({
        {text_frame("\xce\xba\xe1\xbd\xb9"), "text \xce\xba\xe1\xbd\xb9|"},
        {client_frame(0x01, "\xce") + client_frame(0x80, "\xba"), "text \xce\xba|"},
        {client_frame(0x01, "\xed\xa0"), "failed 1007|"},
        {client_frame(0x01, "a\xff") + client_frame(0x89, "p"), "failed 1007|"},
        {text_frame("\xce"), "failed 1007|"},
        {close_frame(1000, "\xff"), "failed 1007|"},
        {close_frame(1000, "\xce"), "failed 1007|"},
        {client_frame(0x02, "\xff") + client_frame(0x80, "\xff"), "binary \xff\xff|"},
        {client_frame(0x89, "\xff"), "ping \xff|"},
    });
    std::string begun = text_frame("a\xff" + std::string(100, 'b'));
    begun.resize(8);  // the frame has not ended
    EXPECT_EQ(read(begun, {begun.size()}), "failed 1007|");
}

TEST(WsReader, KnowsWhichCodesMayClose) {  // WS-021, WS-020
    expect_events(
        {{client_frame(0x88, ""), "close 1005 |"},
         {client_frame(0x88, "x"), "failed 1002|"},
         {close_frame(1000) + text_frame("after"), "close 1000 |"},
         {close_frame(3000, std::string(123, 'r')), "close 3000 " + std::string(123, 'r') + '|'}});
    const auto legal = [](unsigned code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
               (code >= 3000 && code <= 4999);
    };
    for (unsigned code = 0; code <= 0xffff; code += code < 5100 ? 1 : 97) {
        const std::string bytes = close_frame(static_cast<std::uint16_t>(code));
        EXPECT_EQ(read(bytes, {bytes.size()}),
                  legal(code) ? "close " + std::to_string(code) + " |" : "failed 1002|")
            << code;
    }
}

TEST(WsReader, RefusesAMessageThatIsTooLongByItsHeader) {  // WS-034
    expect_events({
        {text_frame(std::string(201, 't')), "failed 1009|"},
        {client_frame(0x01, std::string(150, 't')) + client_frame(0x80, std::string(50, 't')),
         "text " + std::string(200, 't') + '|'},
        {client_frame(0x01, std::string(150, 't')) + client_frame(0x80, std::string(51, 't')),
         "failed 1009|"},
        {"\x82\xff\0\0\x01\0\0\0\0\0"s, "failed 1009|"},  // 2^40 bytes, and none of them has come
        {"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s, "failed 1009|"},
    });
}

TEST(WsReader, RefusesAMessageOfTooManyFrames) {  // 1008
    const std::string begin = client_frame(0x01, "a");
    const std::string on = client_frame(0x00, "");
    const std::string end = client_frame(0x80, "b");
    expect_events({{begin + on + on + end + begin + end, "text ab|text ab|"},
                   {begin + on + on + on, ""},
                   {begin + on + on + on + on, "failed 1008|"},
                   {begin + on + on + on + end, "failed 1008|"}});
}

TEST(WsReader, TakesACompressedMessageIfItWasAgreed) {  // WS-041
    expect_events({{client_frame(0xc1, "\xff"), "compressed text \xff|"},
                   {client_frame(0x41, "\xff") + client_frame(0x80, "x") + text_frame("y"),
                    "compressed text \xffx|text y|"},
                   {client_frame(0xc2, std::string(289, 'x')) + client_frame(0x82, "y"),
                    "compressed binary " + std::string(289, 'x') + "|binary y|"},
                   {client_frame(0xc2, std::string(290, 'x')), "failed 1009|"},
                   {client_frame(0xc1, "a") + text_frame(std::string(201, 't')),
                    "compressed text a|failed 1009|"},
                   {client_frame(0x41, "a") + client_frame(0xc0, "b"), "failed 1002|"},
                   {client_frame(0xc9, "a"), "failed 1002|"},
                   {client_frame(0xc8, ""), "failed 1002|"},
                   {client_frame(0xe1, "a"), "failed 1002|"}},
                  true);
}

TEST(WsReader, OfAServerTakesNoMask) {
    const std::string masked = text_frame("a");
    EXPECT_EQ(read(masked, {masked.size()}, false, Sender::kServer), "failed 1002|");
}

}  // namespace
}  // namespace grove::http
