#include "chunked.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "segments.h"

namespace grove::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::Reads;
using testing::ways_to_cut;

/// What became of a body: "more hel", "done hello +3" (three bytes left over), "refused 400 hel",
/// "trailer 400 hello".
std::string decode(std::string_view bytes, const Reads& reads, const Limits& limits) {
    ChunkedDecoder decoder{limits};
    std::string body;
    std::size_t at = 0;
    ChunkedResult result;
    for (const std::size_t length : reads) {
        while (at != length && result.state == ChunkedState::kMore) {
            result = decoder.feed(bytes.substr(at, length - at));
            at += result.consumed;
            body += result.data;
        }
    }
    const std::string status = std::to_string(result.refusal.status);
    switch (result.state) {
        case ChunkedState::kMore:
            return "more " + body;
        case ChunkedState::kDone:
            return "done " + body + " +" + std::to_string(bytes.size() - at);
        case ChunkedState::kRefused:
            return "refused " + status + " " + body;
        case ChunkedState::kTrailerRefused:
            return "trailer " + status + " " + body;
    }
    return {};
}

std::string decode(std::string_view bytes, const Limits& limits) {
    return decode(bytes, {bytes.size()}, limits);
}

struct ChunkedRow {
    std::string_view rule;
    std::string_view bytes;
    std::string_view outcome;
};

template <std::size_t N>
void expect_outcomes(const ChunkedRow (&rows)[N]) {
    Limits limits;
    limits.body = 1000;
    limits.headers = 3;
    limits.header_bytes = 40;
    for (const ChunkedRow& row : rows) {
        for (const Reads& reads : ways_to_cut(row.bytes.size())) {
            ASSERT_EQ(decode(row.bytes, reads, limits), row.outcome)
                << row.rule << " " << ::testing::PrintToString(row.bytes) << " cut at "
                << reads.front();
        }
    }
}

TEST(ChunkedDecoder, JoinsChunksAndStopsAtTheEnd) {
    expect_outcomes({
        {"RFC 9112 7.1", "5\r\nhello\r\n0\r\n\r\n"sv, "done hello +0"},
        {"RFC 9112 7.1", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /"sv, "done hello world +5"},
        {"RFC 9112 7.1", "0\r\n\r\nGET"sv, "done  +3"},
        {"RFC 9112 7.1", "a\r\n0123456789\r\n00\r\n\r\n"sv, "done 0123456789 +0"},
        {"RFC 9112 7.1", "A\r\n0123456789\r\n000\r\n\r\n"sv, "done 0123456789 +0"},
        {"RFC 9112 7.1", "0000000000000005\r\nhello\r\n0\r\n\r\n"sv, "done hello +0"},
        {"RFC 9112 7.1", "b\r\na\r\n0\r\n\r\n1\n5\r\n0\r\n\r\n"sv, "done a\r\n0\r\n\r\n1\n5 +0"},
        {"RFC 9112 7.1", "5\r\nhel"sv, "more hel"},
        {"RFC 9112 7.1", "5\r\nhello\r\n0\r\n"sv, "more hello"},
    });
}

TEST(ChunkedDecoder, TakesASizeOfOneToSixteenHexDigits) {
    expect_outcomes({
        {"S-082", "\r\n\r\n"sv, "refused 400 "},
        {"S-082", "-3\r\nabc\r\n"sv, "refused 400 "},
        {"S-082", "+3\r\nabc\r\n"sv, "refused 400 "},
        {"S-082", "0x3\r\nabc\r\n"sv, "refused 400 "},
        {"S-082", " 3\r\nabc\r\n"sv, "refused 400 "},
        {"S-082", "3 \r\nabc\r\n"sv, "refused 400 "},
        {"S-082", "0 5\r\nhello\r\n"sv, "refused 400 "},
        {"S-082", "5h\r\nhello\r\n"sv, "refused 400 "},
        {"S-082", "g\r\n"sv, "refused 400 "},
        {"S-082", "0_2e\r\n\r\n"sv, "refused 400 "},
        {"S-082", "a=b&c=d\r\n\r\n"sv, "refused 400 "},
        {"S-082", "00000000000000005\r\nhello\r\n"sv, "refused 400 "},
        {"S-082", "ffffffffffffffff\r\n"sv, "refused 413 "},
        {"S-082", "8000000000000000\r\n"sv, "refused 413 "},
        {"S-082", "-ffffffffffffffff\r\n"sv, "refused 400 "},
    });
}

TEST(ChunkedDecoder, ReadsExtensionsByTheirGrammar) {
    // Each before a chunk of "hello", so that what it lets through shows.
    struct Extension {
        std::string_view text;
        bool good;
    };
    constexpr Extension kExtensions[] = {
        {";a"sv, true},
        {";a=b"sv, true},
        {";a=b;c;d=e"sv, true},
        {" ;a=b"sv, true},
        {"\t ; a \t=  b ;\tc"sv, true},
        {";a=\"\""sv, true},
        {";a=\"q \t;=,\xff\";b"sv, true},
        {";a=\"q\\\"\\\\\\ \" ;b"sv, true},
        {";!#$%&'*+-.^_`|~0aZ=!"sv, true},
        {";"sv, false},
        {";;a"sv, false},
        {"; ;a"sv, false},
        {";a;"sv, false},
        {";=b"sv, false},
        {";a="sv, false},
        {";a= "sv, false},
        {";a=;b"sv, false},
        {";a==b"sv, false},
        {";a=b=c"sv, false},
        {";a b"sv, false},
        {";a=b c"sv, false},
        {";a=\"b"sv, false},
        {";a=\"b\\\""sv, false},
        {";a=\"b\"c"sv, false},
        {";a=b\"c\""sv, false},
        {";\"a\""sv, false},
        {";a,b"sv, false},
        {";\xff"sv, false},
        {";a=\xff"sv, false},
        {" "sv, false},
        {"\t"sv, false},
        {" a"sv, false},
        {";a "sv, false},
        {";a=b "sv, false},
        {";a=\"b\" "sv, false},
        {";a\x01"sv, false},
        {";a\x7f"sv, false},
        {";a\0"sv, false},
        {";a=\"\x01\""sv, false},
        {";a=\"\x7f\""sv, false},
        {";a=\"\\\x01\""sv, false},
        {";a\n"sv, false},
        {";a=\"\n\""sv, false},
        {";a\rb"sv, false},
        {"\r\r;a"sv, false},
    };
    for (const auto& [text, good] : kExtensions) {  // O-053, RFC 9112 7.1.1
        std::string bytes = "5";
        bytes.append(text).append("\r\nhello\r\n0").append(text).append("\r\n\r\n");
        const std::string_view outcome = good ? "done hello +0" : "refused 400 ";
        expect_outcomes({{"O-053", bytes, outcome}});
    }
    expect_outcomes({
        {"O-053", "3;ext\nabc\r\n0\r\n\r\n"sv, "refused 400 "},
        {"O-053", "5;a=\"x\r\ny\"\r\nhello\r\n0\r\n\r\n"sv, "refused 400 "},
        {"O-053", "1;a=b\r\nx\r\n1;\r\ny\r\n0\r\n\r\n"sv, "refused 400 x"},
    });
}

TEST(ChunkedDecoder, WantsCrlfExactly) {
    expect_outcomes({
        {"S-082", "5\nhello\r\n0\r\n\r\n"sv, "refused 400 "},
        {"S-082", "5\r\nhello\n0\r\n\r\n"sv, "refused 400 hello"},
        {"S-082", "5\r\nhelloXX0\r\n\r\n"sv, "refused 400 hello"},
        {"S-082", "5\r\nhello\rX0\r\n\r\n"sv, "refused 400 hello"},
        {"S-082", "5\r\nhello0\r\n\r\n"sv, "refused 400 hello"},
        {"S-082", "5\r\nhel\r\n0\r\n\r\n"sv, "refused 400 hel\r\n"},
        {"S-082", "5\r\nhello\r\n\r\n0\r\n\r\n"sv, "refused 400 hello"},
        {"S-082", "5\r\nhello\r\n0GET / HTTP/1.1\r\n\r\n"sv, "refused 400 hello"},
        {"S-082", "5\nhello\n0\n\n"sv, "refused 400 "},
    });
}

TEST(ChunkedDecoder, DropsGoodTrailersAndTellsBadOnesApart) {
    expect_outcomes({
        {"S-083", "1\r\na\r\n0\r\nX-T: 1\r\n\r\nGET"sv, "done a +3"},
        {"S-083", "0\r\nX-T:\r\nHost: \xe9 \t\r\n\r\n"sv, "done  +0"},
        {"S-083", "1\r\na\r\n0\r\nX-T : v\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\nX-T: a\rb\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\nX-T: a\nX: b\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\n X-T: a\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\nX-T: a\r\n b\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\n: a\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\nX-T: \0\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\n\rX"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\n\n"sv, "trailer 400 a"},
        {"S-083", "1\r\na\r\n0\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"sv, "trailer 400 a"},
        {"S-083", "0\r\nA:\r\nB:\r\nC:\r\n\r\n"sv, "done  +0"},
        {"S-083", "0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n"sv, "trailer 431 "},
        {"S-083", "0\r\nA: 0123456789abcdef\r\nB: 0123456789abcde\r\n\r\n"sv, "trailer 431 "},
        {"S-083", "0\r\nA: 0123456789abcdef\r\nB: 0123456789abcd\r\n\r\n"sv, "done  +0"},
    });
}

TEST(ChunkedDecoder, RefusesAChunkThatPassesTheLimitBeforeItsData) {  // S-082
    Limits limits;
    limits.body = 8;

    EXPECT_EQ(decode("5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n", limits), "done helloabc +0");
    EXPECT_EQ(decode("5\r\nhello\r\n4\r\n", limits), "refused 413 hello");
    EXPECT_EQ(decode("9\r\n", limits), "refused 413 ");
}

TEST(ChunkedDecoder, DoesNotOverflowWhereNoBoundIsSet) {
    Limits limits;
    limits.body = Limits::kUnbounded;

    EXPECT_EQ(decode("1\r\na\r\nfffffffffffffffe\r\nb", limits), "more ab");
    EXPECT_EQ(decode("1\r\na\r\nffffffffffffffff\r\nb", limits), "refused 413 a");
}

TEST(ChunkedDecoder, BoundsTheExtensionsOfABody) {  // O-051
    const auto body = [](std::size_t in_one, std::size_t in_another) {
        return "1;" + std::string(in_one - 1, 'x') + "\r\na\r\n0 ;" +
               std::string(in_another - 2, 'x') + "\r\n\r\n";
    };
    struct {
        std::string bytes;
        std::string_view outcome;
    } const bodies[] = {
        {body(8192, 8192), "done a +0"},
        {body(16382, 2 + 1), "refused 413 a"},
        {body(8192, 8193), "refused 413 a"},
        {body(16385, 3), "refused 413 "},
    };
    for (const auto& [bytes, outcome] : bodies) {
        for (const Reads& reads : ways_to_cut(bytes.size()))
            ASSERT_EQ(decode(bytes, reads, Limits{}), outcome) << " cut at " << reads.front();
    }
}

TEST(ChunkedDecoder, BoundsTheExtensionsOfManySmallChunks) {  // O-051
    const Limits limits;
    ChunkedDecoder decoder{limits};
    std::size_t chunks = 0;
    while (decoder.feed("1;x\r\na").state == ChunkedState::kMore) {
        decoder.feed("\r\n");
        ASSERT_LE(++chunks, 8192U);
    }
    EXPECT_EQ(chunks, 8192U);
}

TEST(ChunkedDecoder, StaysRefused) {  // S-084
    const Limits limits;
    ChunkedDecoder decoder{limits};
    ASSERT_EQ(decoder.feed("x").state, ChunkedState::kRefused);

    const ChunkedResult again = decoder.feed("5\r\nhello\r\n0\r\n\r\n");

    EXPECT_EQ(again.state, ChunkedState::kRefused);
    EXPECT_EQ(again.refusal.status, 400);
    EXPECT_EQ(again.consumed, 0U);
    EXPECT_EQ(again.data, "");
}

TEST(ChunkedDecoder, HandsOutViewsOfItsInput) {
    const Limits limits;
    ChunkedDecoder decoder{limits};
    const std::string_view bytes = "5\r\nhello\r\n0\r\n\r\n";

    const ChunkedResult first = decoder.feed(bytes);

    EXPECT_EQ(first.data.data(), bytes.data() + 3);
    EXPECT_EQ(first.consumed, 8U);
    EXPECT_EQ(decoder.feed(bytes.substr(8)).state, ChunkedState::kDone);
}

TEST(ChunkedCoding, WritesTheSizeInHexadecimal) {
    std::string out = "head";

    append_chunk_header(out, 1);
    append_chunk_header(out, 0x1a2b);
    append_chunk_header(out, Limits::kUnbounded);

    EXPECT_EQ(out, "head1\r\n1a2b\r\nffffffffffffffff\r\n");
}

}  // namespace
}  // namespace grove::http
