// What Accept-Encoding asks for (R-040, RFC 9110 section 12.5.3).
#include "accept_encoding.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace grove::web {
namespace {

struct CodingRow {
    const char* field;
    const char* chosen;  // "": identity
};

constexpr CodingRow kCodingRows[] = {
    {"", ""},
    {"gzip", "gzip"},
    {"x-gzip", "gzip"},
    {"GZip", "gzip"},
    {"gzip, deflate, br, zstd", "br"},
    {"gzip, zstd", "zstd"},
    {"deflate", ""},
    {"identity", ""},
    {"*", "br"},
    {"*;q=0", ""},
    {"br;q=0, *", "zstd"},
    {"br;q=0.5, gzip;q=0.8", "gzip"},
    {"br;q=0.5,gzip;q=0.500", "br"},
    {"gzip;q=0", ""},
    {"gzip;q=0.001", "gzip"},
    {"gzip;q=0.0001", ""},
    {"gzip;q=2", ""},
    {"gzip;q=", ""},
    {"gzip ; q=1.000", "gzip"},
    {"gzip;Q=0.7", "gzip"},
    {"gzip;level=1", ""},
    {"identity;q=0", ""},
    {"identity;q=0, gzip;q=0.1", "gzip"},
    {"identity;q=1, gzip;q=0.5", ""},
    {"identity;q=0.5, gzip;q=0.5", "gzip"},
    {"gzip;q=0, gzip", ""},
    {", ,gzip", "gzip"},
};

TEST(AcceptEncoding, ChoosesTheCodingThatIsWeighedMost) {
    const std::vector<Coding> ours{Coding::kBrotli, Coding::kZstd, Coding::kGzip};
    for (const CodingRow& row : kCodingRows) {
        const auto coding = wanted_coding(row.field, ours);
        EXPECT_EQ(coding ? std::string{name_of(*coding)} : "", row.chosen) << row.field;
    }
}

TEST(AcceptEncoding, ChoosesOfThoseThatAreOn) {
    EXPECT_EQ(wanted_coding("br, gzip;q=0.1", {Coding::kGzip}), Coding::kGzip);
    EXPECT_EQ(wanted_coding("br, gzip", {}), std::nullopt);
}

TEST(AcceptEncoding, IsLookedAtUpToABound) {
    std::string field;
    for (int i = 0; i < 32; ++i) field += "a,";
    EXPECT_EQ(wanted_coding(field + "gzip", {Coding::kGzip}), std::nullopt);
    EXPECT_EQ(wanted_coding(field.substr(2) + "gzip", {Coding::kGzip}), Coding::kGzip);
}

}  // namespace
}  // namespace grove::web
