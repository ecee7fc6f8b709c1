#include <grove/http/headers.h>
#include <grove/http/status.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ascii.h"

namespace grove::http {
namespace {

using namespace std::string_view_literals;

TEST(Headers, CompareNamesInAnyCaseOfAscii) {  // RFC 9110 section 5.1
    EXPECT_TRUE(iequals("Content-Length", "cONTENT-lENGTH"));
    EXPECT_TRUE(iequals("", ""));
    EXPECT_FALSE(iequals("a", "ab"));
    EXPECT_FALSE(iequals("@", "`"));
    EXPECT_FALSE(iequals("\xc0", "\xe0"));
}

// Words are compared eight bytes at a time, the last of them once more: every byte at every place.
TEST(Ascii, MatchesLettersInAnyCaseAndNothingElse) {
    for (std::size_t size = 1; size <= 20; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int left = 0; left <= 0xff; ++left) {
                for (const char right : {'a', 'z', '-', '[', '@', '`', '{', '\xe1'}) {
                    std::string text(size, 'X');
                    std::string lower(size, 'x');
                    text[at] = static_cast<char>(left);
                    lower[at] = right;
                    const bool is_upper = left >= 'A' && left <= 'Z';
                    const bool equal = static_cast<char>(is_upper ? left + 0x20 : left) == right;
                    ASSERT_EQ(matches(text, lower), equal) << size << " " << at << " " << left;
                }
            }
        }
    }
    EXPECT_FALSE(matches("content-type", "content-typ"));
    static_assert(matches("CONTENT-TYPE", "content-type"));
}

TEST(Headers, FindTheFirstFieldOfAName) {
    const Headers headers{{"X-A", "1"}, {"x-b", "2"}, {"X-B", "3"}};

    ASSERT_NE(find(headers, "X-b"), nullptr);
    EXPECT_EQ(*find(headers, "X-b"), "2");
    EXPECT_EQ(find(headers, "X-C"), nullptr);
}

TEST(Headers, KnowTokens) {  // RFC 9110 section 5.6.2
    EXPECT_TRUE(is_token("X!#$%&'*+-.^_`|~9az"));
    for (const std::string_view bad : {""sv, "a b"sv, "a:"sv, "a\0"sv, "\x7f"sv, "\xe9"sv, "(a)"sv,
                                       "a/b"sv, "\"a\""sv, "a@b"sv, "a,b"sv, "a\r\nb"sv})
        EXPECT_FALSE(is_token(bad)) << bad;
}

TEST(Headers, KnowFieldValues) {  // S-045, RFC 9110 section 5.5
    for (const std::string_view good : {""sv, " a\tb "sv, "\x80\xff"sv, "!~"sv})
        EXPECT_TRUE(is_field_value(good)) << good;
    for (int code = 0; code != 0x80; ++code) {
        const char byte = static_cast<char>(code);
        const bool good = code == '\t' || (code >= 0x20 && code != 0x7f);
        EXPECT_EQ(is_field_value({&byte, 1}), good) << code;
    }
    EXPECT_FALSE(is_field_value("a value of more than sixteen bytes\n"));
    EXPECT_FALSE(is_field_value("a value of more than \x7f sixteen bytes"));
}

// Short texts are looked at in words that overlap: every byte at every place of every length. Each text has memory of
// its own size, so that a sanitizer sees a byte read beside it.
TEST(Headers, KnowTextsOfEveryLength) {  // S-045
    const auto is_alike = [](const std::vector<char>& text, bool token, bool value) {
        const std::string_view view{text.data(), text.size()};
        return is_token(view) == token && is_field_value(view) == value;
    };
    EXPECT_TRUE(is_alike({}, false, true));
    for (std::size_t size = 1; size <= 40; ++size) {
        std::vector<char> text(size, 'a');
        for (std::size_t at = 0; at < size; ++at) {
            for (int code = 0; code < 256; ++code) {
                text[at] = static_cast<char>(code);
                const bool visible = code >= 0x20 && code != 0x7f;
                const bool token = code < 0x80 && visible &&
                                   std::string_view{" \"(),/:;<=>?@[\\]{}"}.find(text[at]) ==
                                       std::string_view::npos;
                ASSERT_TRUE(is_alike(text, token, visible || code == '\t'))
                    << size << " bytes, " << code << " at " << at;
            }
            text[at] = 'a';
        }
    }
}

TEST(Ascii, SpellsAsItMatchesWhatIsAToken) {
    for (const std::string_view lower : {"connection"sv, "content-type"sv, "transfer-encoding"sv}) {
        EXPECT_FALSE(spells(lower.substr(1), lower));
        std::string text{lower};
        for (char& byte : text) {
            for (int code = 0; code < 256; ++code) {
                if (!is_token_char(static_cast<char>(code))) continue;
                const char kept = std::exchange(byte, static_cast<char>(code));
                EXPECT_EQ(spells(text, lower), matches(text, lower)) << text;
                byte = kept;
            }
        }
    }
}

TEST(Status, HasAReasonPhrase) {  // RFC 9110 section 15
    EXPECT_EQ(reason_phrase(100), "Continue");
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
    EXPECT_EQ(reason_phrase(500), "Internal Server Error");
    EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
    EXPECT_EQ(reason_phrase(299), "Success");
    EXPECT_EQ(reason_phrase(499), "Client Error");
    EXPECT_EQ(reason_phrase(999), "Unknown");
}

}  // namespace
}  // namespace grove::http
