#include "target.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

using namespace std::string_view_literals;

TEST(PercentDecode, DecodesOnceAndLeavesBadEscapes) {  // S-063
    EXPECT_EQ(percent_decode("/a%2Fb%zz"), "/a/b%zz");
    EXPECT_EQ(percent_decode("/%D0%BF"), "/\xd0\xbf");
    EXPECT_EQ(percent_decode("%d0%bF"), "\xd0\xbf");
    EXPECT_EQ(percent_decode("/a+b"), "/a+b");
    EXPECT_EQ(percent_decode("/%2541"), "/%41");
    EXPECT_EQ(percent_decode("%%41%"), "%A%");
    EXPECT_EQ(percent_decode("/%4"), "/%4");
    EXPECT_EQ(percent_decode("%"), "%");
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("%00"), "\0"sv);
    EXPECT_EQ(percent_decode("%0d%0aX:%20y"), "\r\nX: y");
}

}  // namespace
}  // namespace grove::http
