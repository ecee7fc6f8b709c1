// What the application static reads in requests, by tables.
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "apps/static/accepted_codings.h"
#include "apps/static/byte_ranges.h"
#include "apps/static/entity_tag.h"
#include "apps/static/http_date.h"
#include "apps/static/request_path.h"
#include "other_language.h"

namespace {

using Kind = RangeRequest::Kind;

TEST(RequestPath, IsOneBelowTheRootOrNone) {
    EXPECT_EQ(path_below_root("/"), ".");
    EXPECT_EQ(path_below_root("/a"), "a");
    EXPECT_EQ(path_below_root("/a/b.c"), "a/b.c");
    EXPECT_EQ(path_below_root("/a/"), "a/");
    EXPECT_EQ(path_below_root("/..."), "...");
    EXPECT_EQ(path_below_root("/.well-known/x"), ".well-known/x");
    for (const std::string_view path : {"", "a", "//", "//a", "/a//b", "/a//", "/.", "/./a", "/a/.",
                                        "/..", "/../a", "/a/..", "/a/../b", "/a/../../b"})
        EXPECT_EQ(path_below_root(path), std::nullopt) << path;
    EXPECT_EQ(path_below_root(std::string_view{"/a\0b", 4}), std::nullopt);
}

TEST(RequestPath, IsHiddenWithADotOrATilde) {  // O-084, A-066
    for (const char* const path :
         {".env", ".git/config", ".git/", ".git", "a/.git/config", "a/.htaccess", "a/.b/c", "...",
          ".well-known/.env", ".well-known/a/.b", "a/.well-known/x", ".well-known~/x",
          ".well-knownx", "a~", "a.php~", "d/a~", "d~/a", "a~/", "~"})
        EXPECT_TRUE(is_hidden(path)) << path;
    for (const char* const path : {".", "a", "a/", "a.b/c.d", "a./b.", "~a", "~a/b", "a~b",
                                   ".well-known", ".well-known/", ".well-known/acme-challenge/x.y"})
        EXPECT_FALSE(is_hidden(path)) << path;
}

TEST(RequestPath, IsEncodedForAnUrl) {
    EXPECT_EQ(percent_encoded("/a b/\xc3\xa4?#%\"<\\"), "/a%20b/%C3%A4%3F%23%25%22%3C%5C");
    EXPECT_EQ(percent_encoded("/a-b_c.~!$&'()*+,;=:@"), "/a-b_c.~!$&'()*+,;=:@");
}

// RFC 9110 section 14.1.2
TEST(ByteRanges, AreReadWithinTheSize) {
    const struct {
        const char* field;
        std::vector<ByteRange> ranges;
    } rows[] = {
        {"bytes=0-0", {{0, 1}}},
        {"bytes=0-9", {{0, 10}}},
        {"bytes=5-", {{5, 5}}},
        {"bytes=5-99", {{5, 5}}},
        {"bytes=-3", {{7, 3}}},
        {"bytes=-99", {{0, 10}}},
        {"bytes=5-99999999999999999999999", {{5, 5}}},
        {"BYTES=1-2", {{1, 2}}},
        {"bytes= 0-0 ,\t9-9", {{0, 1}, {9, 1}}},
        {"bytes=,0-0,,-1,", {{0, 1}, {9, 1}}},
        {"bytes=8-9,0-1", {{8, 2}, {0, 2}}},
        {"bytes=0-1,20-30", {{0, 2}}},
    };
    for (const auto& [field, ranges] : rows) {
        const RangeRequest request = RangeRequest::parse(field, 10);
        EXPECT_EQ(request.kind, Kind::kSatisfiable) << field;
        EXPECT_EQ(request.ranges, ranges) << field;
    }
    EXPECT_EQ((ByteRange{2, 3}.content_range(10)), "bytes 2-4/10");
}

TEST(ByteRanges, OfWhichNoneIsWithinTheSizeCannotBeSatisfied) {
    for (const char* const field : {"bytes=10-", "bytes=10-11", "bytes=-0",
                                    "bytes=99999999999999999999999-", "bytes=10-,11-"})
        EXPECT_EQ(RangeRequest::parse(field, 10).kind, Kind::kUnsatisfiable) << field;
}

TEST(ByteRanges, ThatAreWrongOrTooManyAreIgnored) {
    std::string many = "bytes=0-0";
    for (std::size_t i = 1; i < RangeRequest::kMost; ++i) many += ",0-0";
    EXPECT_EQ(RangeRequest::parse(many, 100).kind, Kind::kSatisfiable);
    many += ",0-0";

    for (const std::string& field :
         {std::string{}, std::string{"bytes"}, std::string{"bytes="}, std::string{"bytes=,"},
          std::string{"items=0-1"}, std::string{"bytes=a-b"}, std::string{"bytes=1"},
          std::string{"bytes=2-1"}, std::string{"bytes=-"}, std::string{"bytes=--1"},
          std::string{"bytes=1-2-3"}, std::string{"bytes=+1-2"}, std::string{"bytes=0x1-2"},
          std::string{"bytes=0-1;2-3"}, std::string{"bytes 0-1"}, std::string{"bytes=0-1,x"},
          std::string{"bytes=0-,0-"}, many})
        EXPECT_EQ(RangeRequest::parse(field, 100).kind, Kind::kIgnored) << field;
    EXPECT_EQ(RangeRequest::parse("bytes=0-", 0).kind, Kind::kIgnored);
}

// RFC 9110 section 8.8.3.2
TEST(EntityTags, AreFoundInAList) {
    for (const char* const list :
         {"\"a\"", "*", "\"b\",\"a\"", "\"b\" , \"a\"", "\"x,y\",\"a\"", ",\"a\""}) {
        EXPECT_TRUE(lists_tag(list, "\"a\"", TagComparison::kStrong)) << list;
        EXPECT_TRUE(lists_tag(list, "\"a\"", TagComparison::kWeak)) << list;
    }
    for (const char* const list :
         {"", "a", "\"b\"", "\"a", "a\"", "\"A\"", "\"aa\"", "w/\"a\"", "W/a"}) {
        EXPECT_FALSE(lists_tag(list, "\"a\"", TagComparison::kStrong)) << list;
        EXPECT_FALSE(lists_tag(list, "\"a\"", TagComparison::kWeak)) << list;
    }
    EXPECT_FALSE(lists_tag("W/\"a\"", "\"a\"", TagComparison::kStrong));
    EXPECT_TRUE(lists_tag("W/\"a\"", "\"a\"", TagComparison::kWeak));
    EXPECT_TRUE(lists_tag("W/\"a\", \"a\"", "\"a\"", TagComparison::kStrong));
}

// RFC 9110 section 5.6.7, with its own example
TEST(HttpDate, IsReadInThreeFormsAndWrittenInOne) {
    constexpr std::time_t kExample = 784111777;
    EXPECT_EQ(format_http_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kExample);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kExample);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kExample);
    for (const char* const text :
         {"", "yesterday", "784111777", "Sun, 06 Nov 1994 08:49:37",
          "Sun, 06 Nov 1994 08:49:37 GMT!", "Sun, 06 Nov 1994 08:49:37 CET",
          "Sun, 36 Nov 1994 08:49:37 GMT", "\"a\""})
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(HttpDate, IsReadHoweverItsPartsAreWritten) {
    constexpr std::time_t kExample = 784111777;
    for (const char* const text :
         {"sun, 06 NOV 1994 08:49:37 GMT", "Sunday, 6 November 1994 8:49:37 GMT",
          "Sun,06Nov1994 08:49:37 GMT", "Sun,  06  Nov  1994  08:49:37  GMT",
          "Sun, 06-Nov-94 08:49:37 GMT", "Mon Nov 06 08:49:37 1994"})
        EXPECT_EQ(parse_http_date(text), kExample) << text;
    EXPECT_EQ(parse_http_date("Friday, 31-Dec-68 23:59:59 GMT"), 3124223999);
    EXPECT_EQ(parse_http_date("Wednesday, 01-Jan-69 00:00:00 GMT"), -31536000);
    for (const char* const text :
         {"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
          "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:62 GMT",
          "Sun, 06 Nov -994 08:49:37 GMT", "Sun, 006 Nov 1994 08:49:37 GMT",
          "Su, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 19940 08:49:37 GMT"})
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(HttpDate, IsEnglishWhateverTheProcessSpeaks) {  // a plugin may call setlocale()
    const grove::OtherLanguage other;
    constexpr std::time_t kExample = 784111777;

    EXPECT_EQ(format_http_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kExample);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kExample);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kExample);
    EXPECT_EQ(parse_http_date("d1, 06 m11 1994 08:49:37 GMT"), std::nullopt);
}

// RFC 9110 section 12.5.3
TEST(AcceptedCodings, HaveAWeight) {
    const struct {
        const char* field;
        int br;
        int gzip;
    } rows[] = {
        {"", 0, 0},
        {"gzip", 0, 1000},
        {"gzip, deflate, br", 1000, 1000},
        {"br;q=0.5, gzip;q=1.0", 500, 1000},
        {"BR ; Q=0.125", 125, 0},
        {"gzip;q=0", 0, 0},
        {"*", 1000, 1000},
        {"*;q=0.1, gzip;q=0", 100, 0},
        {"gzip;q=2", 0, 0},
        {"gzip;q=", 0, 0},
        {"gzip;q=0.1234", 0, 0},
        {"gzip;q=x", 0, 0},
        {"gzip;x=1", 0, 0},
        {"x-gzip, brotli", 0, 0},
    };
    for (const auto& [field, br, gzip] : rows) {
        EXPECT_EQ(coding_weight(field, "br"), br) << field;
        EXPECT_EQ(coding_weight(field, "gzip"), gzip) << field;
    }
}

// O-086: what a client lists costs no more than so much of it.
TEST(AcceptedCodings, AreLookedForAmongTheFirst) {
    std::string field;
    for (std::size_t i = 1; i < kMostCodings; ++i) field += "x,";
    EXPECT_EQ(coding_weight(field + "gzip", "gzip"), 1000);
    EXPECT_EQ(coding_weight(field + "*;q=0.5", "gzip"), 500);
    EXPECT_EQ(coding_weight(field + ",gzip,*", "gzip"), 0);
    EXPECT_EQ(named_weight(field + "*", "identity"), std::nullopt);
    EXPECT_EQ(named_weight(field + "identity;q=0", "identity"), 0);
}

TEST(ByteRanges, WithManyEmptyOnesAreIgnored) {  // O-086
    const std::string commas(RangeRequest::kMost, ',');
    EXPECT_EQ(RangeRequest::parse("bytes=" + commas + "0-0", 100).kind, Kind::kSatisfiable);
    EXPECT_EQ(RangeRequest::parse("bytes=" + commas + ",0-0", 100).kind, Kind::kIgnored);
}

TEST(EntityTags, AreLookedForAmongTheFirst) {  // O-086
    std::string list;
    for (std::size_t i = 1; i < kMostTags; ++i) list += "\"a\", ";
    EXPECT_TRUE(lists_tag(list + "\"b\"", "\"b\"", TagComparison::kStrong));
    EXPECT_FALSE(lists_tag(list + "\"a\", \"b\"", "\"b\"", TagComparison::kStrong));
}

}  // namespace
