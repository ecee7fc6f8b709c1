#include <grove/web/percent.h>

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::web {
namespace {

TEST(PercentEncode, LeavesWhatMayStandAnywhere) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode("a b/c+d%e&f=g\\"), "a%20b%2Fc%2Bd%25e%26f%3Dg%5C");
    EXPECT_EQ(percent_encode(std::string_view{"\0\xff", 2}), "%00%FF");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(PercentDecode, GivesTheBytesOrNothing) {
    struct Row {
        const char* text;
        std::optional<std::string> decoded;
    };
    for (const Row& row :
         {Row{"", ""}, Row{"a+b", "a+b"}, Row{"%41%2f%2F", "A//"}, Row{"%c3%A9", "\xc3\xa9"},
          Row{"%2541", "%41"}, Row{"%", std::nullopt}, Row{"a%4", std::nullopt},
          Row{"%zz", std::nullopt}, Row{"%4z", std::nullopt}, Row{"%%41", std::nullopt}})
        EXPECT_EQ(percent_decode(row.text), row.decoded) << row.text;
}

TEST(PercentDecode, TakesBackWhatWasEncoded) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

}  // namespace
}  // namespace grove::web
