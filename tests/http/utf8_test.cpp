// WS-014: text is UTF-8 as RFC 3629 has it, and what is not is found at its first bad byte.
#include "utf8.h"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "segments.h"

namespace grove::http {
namespace {

using namespace std::string_view_literals;
using testing::Reads;
using testing::ways_to_cut;

/// "good", "open" (a character is not whole), or the number of bytes before the bad one.
std::string verdict(std::string_view text, const Reads& reads) {
    Utf8Check check;
    std::size_t at = 0;
    for (const std::size_t end : reads) {
        if (!check.feed(text.substr(at, end - at))) {
            EXPECT_FALSE(check.feed("a")) << "what follows does not mend it";
            return "bad";
        }
        at = end;
    }
    return check.complete() ? "good" : "open";
}

TEST(Utf8, IsGoodBadOrOpenHoweverItIsCut) {
    struct Row {
        std::string_view text;
        std::string_view verdict;
    };
    constexpr Row kRows[]{
        {""sv, "good"},
        {"plain text, longer than two words of eight"sv, "good"},
        {"12345678\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"sv, "good"},
        {"\0\x7f"sv, "good"},
        {"\xc2\x80 \xdf\xbf"sv, "good"},
        {"\xe0\xa0\x80 \xef\xbf\xbf"sv, "good"},
        {"\xed\x9f\xbf \xee\x80\x80"sv, "good"},
        {"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"sv, "good"},
        {"\xc2"sv, "open"},
        {"a\xe2\x82"sv, "open"},
        {"\xf0\x9f\x98"sv, "open"},
        {"\x80"sv, "bad"},
        {"\xbf"sv, "bad"},
        {"\xc0\xaf"sv, "bad"},  // overlong
        {"\xc1\xbf"sv, "bad"},
        {"\xe0\x80\xaf"sv, "bad"},
        {"\xe0\x9f\xbf"sv, "bad"},
        {"\xf0\x8f\xbf\xbf"sv, "bad"},
        {"\xed\xa0\x80"sv, "bad"},  // a surrogate
        {"\xed\xbf\xbf"sv, "bad"},
        {"\xf4\x90\x80\x80"sv, "bad"},  // above U+10FFFF
        {"\xf5\x80\x80\x80"sv, "bad"},
        {"\xff"sv, "bad"},
        {"\xe2\x82\x41"sv, "bad"},
        {"\xe2\xe2\x82\xac"sv, "bad"},
        {"12345678\xc3\x28 and more"sv, "bad"},
    };
    for (const Row& row : kRows) {
        for (const Reads& reads : ways_to_cut(row.text.size())) {
            EXPECT_EQ(verdict(row.text, reads), row.verdict)
                << ::testing::PrintToString(row.text) << " cut at " << reads.front();
        }
        EXPECT_EQ(is_utf8(row.text), row.verdict == "good");
    }
}

TEST(Utf8, FailsAtTheFirstByteThatNoTextHas) {
    for (const std::string_view bad : {"\xed\xa0"sv, "\xf4\x90"sv, "\xe0\x80"sv, "\xc0"sv}) {
        Utf8Check check;
        EXPECT_TRUE(check.feed(bad.substr(0, bad.size() - 1)));
        EXPECT_FALSE(check.feed(bad.substr(bad.size() - 1))) << ::testing::PrintToString(bad);
    }
}

TEST(Utf8, BeginsAnew) {
    Utf8Check check;
    EXPECT_FALSE(check.feed("\xff"));
    check.begin();
    EXPECT_TRUE(check.feed("\xc3"));
    EXPECT_FALSE(check.complete());
    check.begin();
    EXPECT_TRUE(check.complete());
    EXPECT_TRUE(check.feed("a"));
}

// Every string of one, two and three bytes against a plain decoder.
std::optional<char32_t> decode(std::string_view& text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = at(0);
    const std::size_t size = first < 0x80 ? 1 : first >> 5U == 6 ? 2 : first >> 4U == 14 ? 3 : 0;
    if (size == 0 || text.size() < size) return std::nullopt;
    char32_t value = size == 1 ? first : first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if (at(i) >> 6U != 2) return std::nullopt;
        value = value << 6U | (at(i) & 0x3fU);
    }
    text.remove_prefix(size);
    constexpr char32_t kLeast[]{0, 0, 0x80, 0x800};
    if (value < kLeast[size] || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
    return value;
}

TEST(Utf8, AgreesWithAPlainDecoderOnAllShortTexts) {
    std::string text;
    for (unsigned value = 0; value < 0x1000000; value += value < 0x20000 ? 1 : 7) {
        text.clear();
        for (unsigned left = value; left != 0; left >>= 8U) text += static_cast<char>(left & 0xffU);
        std::string_view rest = text;
        bool good = true;
        while (good && !rest.empty()) good = decode(rest).has_value();
        ASSERT_EQ(is_utf8(text), good) << ::testing::PrintToString(text);
    }
}

}  // namespace
}  // namespace grove::http
