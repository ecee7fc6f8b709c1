#include "response_fields.h"

#include <stdexcept>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// logic_error itself, not the invalid_argument that derives from it.
void expect_misuse(const Headers& headers, int status) {
    try {
        (void)validate_headers(headers, status);
        ADD_FAILURE() << headers.front().first << ": " << headers.front().second << " was accepted";
    } catch (const std::invalid_argument& error) {
        ADD_FAILURE() << "invalid_argument: " << error.what();
    } catch (const std::logic_error&) {
    }
}

TEST(ResponseStatus, IsThreeDigitsAndText) {  // S-100
    EXPECT_EQ(validate_status("200 OK"), 200);
    EXPECT_EQ(validate_status("200"), 200);
    EXPECT_EQ(validate_status("200 "), 200);
    EXPECT_EQ(validate_status("404 Nicht gef\xfcnden"), 404);
    EXPECT_EQ(validate_status("999 x"), 999);
    EXPECT_EQ(validate_status("101 Switching Protocols"), 101);
    for (const std::string_view bad :
         {""sv, "2"sv, "20"sv, "2000"sv, "099 x"sv, "2x0 OK"sv, " 200"sv, "200OK"sv, "+20 OK"sv,
          "200 OK\r\nX: y"sv, "200 O\0K"sv, "200\tOK"sv, "200 \x7f"sv, "100 Continue"sv,
          "103 Early Hints"sv})  // S-111
        EXPECT_THROW((void)validate_status(bad), std::invalid_argument) << bad;
}

TEST(ResponseFields, MayNotSmuggleAnotherLine) {  // S-100
    for (const Headers& bad : {
             Headers{{"", "x"}},
             Headers{{"A B", "x"}},
             Headers{{"A:", "x"}},
             Headers{{"A\r\nB", "x"}},
             Headers{{"A\0"s, "x"}},
             Headers{{"\xc3\xa9", "x"}},
             Headers{{"A", "x\r\nSet-Cookie: y"}},
             Headers{{"A", "x\n"}},
             Headers{{"A", "\0"s}},
             Headers{{"A", "\x1b[31m"}},
             Headers{{"A", "\x7f"}},
         })
        EXPECT_THROW((void)validate_headers(bad, 200), std::invalid_argument) << bad.front().first;
    EXPECT_NO_THROW((void)validate_headers({{"A", "\xe9\tx"}, {"B", ""}}, 200));
}

TEST(ResponseFields, AreNotHopByHop) {  // S-105
    for (const char* const name :
         {"Transfer-Encoding", "TE", "te", "Trailer", "Keep-Alive", "Upgrade", "Proxy-Connection",
          "Proxy-Authenticate", "proxy-authorization", "PROXY-x"})
        expect_misuse({{name, "x"}}, 200);
    EXPECT_NO_THROW((void)validate_headers({{"Proxy", "x"}, {"Trailers", "x"}}, 200));
}

TEST(ResponseFields, MayCloseTheConnectionAndNoMore) {  // S-105
    EXPECT_TRUE(validate_headers({{"Connection", "Close"}}, 200).close);
    EXPECT_TRUE(validate_headers({{"connection", "keep-alive, close"}}, 200).close);
    EXPECT_FALSE(validate_headers({{"Connection", "keep-alive"}}, 200).close);
    EXPECT_TRUE(validate_headers({{"Connection", "keep-alive"}}, 200).has_connection);
    expect_misuse({{"Connection", "close, TE"}}, 200);
    expect_misuse({{"Connection", "Upgrade"}}, 200);
}

TEST(ResponseFields, MayUpgradeWith101) {  // S-105, S-135
    const ResponseFields fields =
        validate_headers({{"Connection", "Upgrade"}, {"Upgrade", "foo"}}, 101);

    EXPECT_TRUE(fields.has_connection);
    expect_misuse({{"Transfer-Encoding", "chunked"}}, 101);
}

TEST(ResponseFields, HaveOneContentLengthAtMost) {  // S-109
    EXPECT_EQ(validate_headers({{"content-length", "12"}}, 200).content_length, 12U);
    EXPECT_EQ(validate_headers({{"Content-Length", " 12 "}}, 200).content_length, 12U);
    EXPECT_EQ(validate_headers({}, 200).content_length, std::nullopt);
    for (const char* const bad :
         {"", "x", "-1", "+1", "1,1", "1 2", "0x1", "12345678901234567890"}) {
        EXPECT_THROW((void)validate_headers({{"Content-Length", bad}}, 200), std::invalid_argument)
            << bad;
    }
    EXPECT_THROW((void)validate_headers({{"Content-Length", "1"}, {"content-length", "1"}}, 200),
                 std::invalid_argument);
}

TEST(ResponseFields, TellWhatTheServerNeedNotAdd) {  // S-113
    const ResponseFields all =
        validate_headers({{"date", "x"}, {"SERVER", "x"}, {"Content-type", "x"}}, 200);
    const ResponseFields none = validate_headers({{"X-Date", "x"}}, 200);

    EXPECT_TRUE(all.has_date && all.has_server && all.has_content_type);
    EXPECT_FALSE(none.has_date || none.has_server || none.has_content_type || none.has_connection);
}

TEST(ResponseFields, AreNamedInTheError) {
    try {
        (void)validate_headers({{"X-Bad\r\n", "x"}}, 200);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_EQ(error.what(), "start_response: header name \"X-Bad??\" is not a token"sv);
    }
}

}  // namespace
}  // namespace grove::http
