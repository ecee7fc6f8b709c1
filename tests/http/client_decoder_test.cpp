// Content codings undone (C-006): whole, cut at every byte, truncated, broken, and bombs.
#include "content_decoder.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "coded.h"

namespace grove::http {
namespace {

constexpr std::string_view kCodings[] = {"gzip", "deflate", "raw deflate", "br", "zstd"};

std::unique_ptr<ContentDecoder> decoder_for(std::string_view coding) {
    return make_decoder(coding == "raw deflate" ? "deflate" : coding);
}

/// Fed `step` bytes at a time, with `room` bytes of output each time.
struct Decoded {
    std::string text{};
    bool complete = false;
};
Decoded decoded(std::string_view coding, std::string_view bytes, std::size_t step,
                std::size_t room = 16384) {
    const auto decoder = decoder_for(coding);
    Decoded result;
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        bool more = true;
        while (more || !piece.empty()) {
            const std::size_t had = result.text.size();
            more = decoder->decode(piece, result.text, room);
            EXPECT_LE(result.text.size() - had, room);
        }
    }
    result.complete = decoder->complete();
    return result;
}

std::string long_text() {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += std::to_string(i * i) + (i % 7 == 0 ? "\n" : " ");
    return text;
}

TEST(ContentDecoder, GivesTheTextBackHoweverItIsCut) {
    const std::string text = long_text();
    for (const std::string_view coding : kCodings) {
        const std::string bytes = test::coded(coding, text);
        for (const std::size_t step : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
            for (const std::size_t room : {1U, 100U, 16384U}) {
                const Decoded result = decoded(coding, bytes, step, room);
                EXPECT_TRUE(result.text == text) << coding << " " << step << " " << room;
                EXPECT_TRUE(result.complete) << coding << " " << step << " " << room;
            }
        }
        const Decoded nothing = decoded(coding, test::coded(coding, ""), 1);
        EXPECT_EQ(nothing.text, "");
        EXPECT_TRUE(nothing.complete) << coding;
    }
}

TEST(ContentDecoder, KnowsTruncatedData) {
    for (const std::string_view coding : kCodings) {
        const std::string bytes = test::coded(coding, "some text, some text");
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            EXPECT_FALSE(decoded(coding, std::string_view{bytes}.substr(0, length), 7).complete)
                << coding << " " << length;
        }
    }
}

TEST(ContentDecoder, RefusesBrokenDataAndAWrongChecksum) {
    for (const std::string_view coding : {"gzip", "deflate", "zstd"}) {
        std::string bytes = test::coded(coding, long_text());
        bytes[bytes.size() - (coding == "gzip" ? 5 : 1)] ^=
            1;  // of gzip the checksum, not the length
        EXPECT_THROW(decoded(coding, bytes, 100), BadCoding) << coding;
    }
    for (const std::string_view coding : kCodings)
        EXPECT_THROW(decoded(coding, std::string(64, '\xff'), 64), BadCoding) << coding;
}

TEST(ContentDecoder, RefusesWhatFollowsTheData) {
    for (const std::string_view coding : kCodings) {
        for (const std::size_t step : {1U, 10000U}) {
            EXPECT_THROW(decoded(coding, test::coded(coding, "text") + "more and more", step),
                         BadCoding)
                << coding << " " << step;
        }
    }
}

TEST(ContentDecoder, TakesSeveralMembersAndFrames) {
    for (const std::string_view coding : {"gzip", "zstd"}) {
        const std::string bytes =
            test::coded(coding, "one, ") + test::coded(coding, "") + test::coded(coding, "two");
        for (const std::size_t step : {1U, 5U, 10000U}) {
            const Decoded result = decoded(coding, bytes, step, 2);
            EXPECT_EQ(result.text, "one, two") << coding;
            EXPECT_TRUE(result.complete) << coding;
        }
    }
}

TEST(ContentDecoder, DecodesABombNoFurtherThanTheRoom) {
    const std::string zeros(64 << 20, '\0');
    for (const std::string_view coding : kCodings) {
        const std::string bytes = test::coded(coding, zeros);
        const auto decoder = decoder_for(coding);
        std::string_view left = bytes;
        std::string out;
        EXPECT_TRUE(decoder->decode(left, out, 1000)) << coding;
        EXPECT_EQ(out.size(), 1000U) << coding;
    }
}

TEST(ContentDecoder, KnowsCodingsInAnyCase) {
    for (const char* coding : {"GZip", "x-gzip", "X-GZIP", "Deflate", "BR", "Zstd"})
        EXPECT_NE(make_decoder(coding), nullptr) << coding;
    for (const char* coding : {"", "identity", "compress", "gzip2"})
        EXPECT_EQ(make_decoder(coding), nullptr) << coding;
}

}  // namespace
}  // namespace grove::http
