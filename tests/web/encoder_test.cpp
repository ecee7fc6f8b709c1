// Content codings, decoded by the libraries' own decoders.
#include "encoder.h"

#include <cstddef>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "decoded.h"

namespace grove::web {
namespace {

constexpr Coding kCodings[] = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

TEST(Encoder, GivesTheSameTextHoweverItIsCut) {
    const std::string text = "the quick brown fox, the lazy dog, the end";
    for (const Coding coding : kCodings) {
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            const auto encoder = make_encoder(coding, std::nullopt);
            std::string bytes = encoder->encode(text.substr(0, cut), Encoder::After::kMore);
            bytes += encoder->encode(text.substr(cut), Encoder::After::kMore);
            bytes += encoder->encode({}, Encoder::After::kEnd);
            EXPECT_EQ(test::decoded(name_of(coding), bytes), text) << name_of(coding) << cut;
        }
    }
}

TEST(Encoder, LetsAllBeDecodedThatWasFlushed) {
    for (const Coding coding : kCodings) {
        const auto encoder = make_encoder(coding, std::nullopt);
        std::string bytes;
        std::string text;
        for (const std::string piece : {"data: one\n\n", "", "data: two\n\n", "x"}) {
            text += piece;
            bytes += encoder->encode(piece, Encoder::After::kFlush);
            EXPECT_EQ(test::decoded(name_of(coding), bytes), text) << name_of(coding);
        }
    }
}

TEST(Encoder, EncodesLargeTextsAtEachLevel) {
    std::string text;
    for (int i = 0; i < 20000; ++i) text += "line " + std::to_string(i) + '\n';
    for (const Coding coding : kCodings) {
        for (const int level : {1, 5, 9}) {
            const std::string bytes =
                make_encoder(coding, level)->encode(text, Encoder::After::kEnd);
            EXPECT_LT(bytes.size(), text.size() / 3) << name_of(coding) << level;
            EXPECT_EQ(test::decoded(name_of(coding), bytes), text) << name_of(coding) << level;
        }
    }
}

TEST(Encoder, EncodesNothing) {
    for (const Coding coding : kCodings) {
        const std::string bytes =
            make_encoder(coding, std::nullopt)->encode({}, Encoder::After::kEnd);
        EXPECT_FALSE(bytes.empty()) << name_of(coding);
        EXPECT_EQ(test::decoded(name_of(coding), bytes), "") << name_of(coding);
    }
}

}  // namespace
}  // namespace grove::web
