// Which requests are malformed. H2-020, H2-025, H2-027
#include "message_rules.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::string_view_literals;

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

bool takes_all(MessageRules& rules, Fields fields) {
    bool taken = true;
    for (const auto& [name, value] : fields) taken = rules.takes_field(name, value) && taken;
    return taken;
}

/// A request of these alone.
bool takes(Fields fields, bool ends = true) {
    MessageRules rules;
    return takes_all(rules, fields) && rules.takes_head(ends);
}

bool takes_beside(std::string_view name, std::string_view value) {
    return takes({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {name, value}}, false);
}

TEST(MessageRules, TakeARequest) {
    EXPECT_TRUE(takes({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}));
    EXPECT_TRUE(
        takes({{":path", "*"}, {":authority", "x"}, {":scheme", "h+-.1"}, {":method", "OPTIONS"}}));
    EXPECT_TRUE(takes({{":method", "CONNECT"}, {":authority", "x:1"}}));
}

TEST(MessageRules, WantEachPseudoFieldOnceAndFirst) {
    EXPECT_FALSE(takes({{":scheme", "http"}, {":path", "/"}}));
    EXPECT_FALSE(takes({{":method", "GET"}, {":path", "/"}}));
    EXPECT_FALSE(takes({{":method", "GET"}, {":scheme", "http"}}));
    EXPECT_FALSE(takes({{"x", "1"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}}));
    for (const char* const name :
         {":method", ":scheme", ":path", ":status", ":protocol", ":", ":Path"})
        EXPECT_FALSE(takes_beside(name, "a")) << name;
    EXPECT_FALSE(takes({{":method", "GET"}, {":scheme", "http"}, {":path", ""}}));
    EXPECT_FALSE(takes({{":method", "G T"}, {":scheme", "http"}, {":path", "/"}}));
    EXPECT_FALSE(takes({{":method", "GET"}, {":scheme", "1http"}, {":path", "/"}}));
}

TEST(MessageRules, WantOfConnectItsAuthorityAlone) {
    EXPECT_FALSE(takes({{":method", "CONNECT"}}));
    EXPECT_FALSE(takes({{":method", "CONNECT"}, {":authority", "x:1"}, {":path", "/"}}));
    EXPECT_FALSE(takes({{":method", "CONNECT"}, {":authority", "x:1"}, {":scheme", "http"}}));
}

TEST(MessageRules, TakeNoFieldThatIsOfAConnectionOrIsNone) {
    EXPECT_TRUE(takes_beside("x-any", "a b\tc\xe9"));
    EXPECT_TRUE(takes_beside("x-any", ""));
    EXPECT_TRUE(takes_beside("te", "Trailers"));
    for (const char* const name : {"connection", "keep-alive", "proxy-connection",
                                   "transfer-encoding", "upgrade", "te", "", "X", "a b", "a:"})
        EXPECT_FALSE(takes_beside(name, "a")) << name;
    for (const std::string_view value :
         {" a"sv, "a "sv, "\ta"sv, "a\t"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv})
        EXPECT_FALSE(takes_beside("x-any", value)) << testing::PrintToString(std::string{value});
}

TEST(MessageRules, TakeOfTrailersTheFieldsAlone) {
    EXPECT_TRUE(MessageRules::takes_trailer("x-sum", "1"));
    EXPECT_FALSE(MessageRules::takes_trailer(":method", "GET"));
    EXPECT_FALSE(MessageRules::takes_trailer("connection", "close"));
}

TEST(MessageRules, HoldABodyToItsLength) {
    const Fields head{
        {":method", "PUT"}, {":scheme", "http"}, {":path", "/"}, {"content-length", "3"}};
    EXPECT_FALSE(takes(head, true)) << "ended by its head";
    MessageRules rules;
    ASSERT_TRUE(takes_all(rules, head));
    ASSERT_TRUE(rules.takes_head(false));
    EXPECT_TRUE(rules.takes_data("ab"));
    EXPECT_FALSE(rules.takes_end());
    EXPECT_FALSE(rules.takes_data("cd"));
    EXPECT_TRUE(rules.takes_data("c"));
    EXPECT_TRUE(rules.takes_end());
}

TEST(MessageRules, WantOneNumberForTheLength) {
    EXPECT_TRUE(takes_beside("content-length", "18446744073709551615"));
    for (const char* const length : {"", "-1", "+1", "1,1", "0x1", "18446744073709551616"})
        EXPECT_FALSE(takes_beside("content-length", length)) << length;
    EXPECT_FALSE(takes({{":method", "PUT"},
                        {":scheme", "http"},
                        {":path", "/"},
                        {"content-length", "0"},
                        {"content-length", "0"}}));
}

}  // namespace
}  // namespace grove::http
