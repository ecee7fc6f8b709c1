#include "date.h"

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(Date, IsAnImfFixdate) {  // RFC 9110 section 5.6.7, S-113
    EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
    EXPECT_EQ(http_date(4102444799), "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(Date, IsFormattedOnceASecond) {
    const char* const memory = http_date(784111777).data();

    EXPECT_EQ(http_date(784111777).data(), memory);
    EXPECT_EQ(http_date(784111778), "Sun, 06 Nov 1994 08:49:38 GMT");
    EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace grove::http
