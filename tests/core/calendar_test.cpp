#include "calendar.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace grove {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

std::string http_date_of(std::time_t second) {
    std::string text(kHttpDatePattern.size(), '?');
    put_http_date(text.data(), second);
    return text;
}

TEST(Calendar, WritesADateOfHttp) {  // RFC 9110 section 5.6.7
    EXPECT_EQ(http_date_of(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date_of(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
    EXPECT_EQ(http_date_of(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(Calendar, HasTheShortNameOfEachDayAndMonth) {
    std::string days;
    for (int day = 0; day < 7; ++day) days += http_date_of(day * 86400).substr(0, 3);
    std::string months;
    for (int month = 0; month < 12; ++month)
        months += http_date_of(1296000 + month * 2629800).substr(8, 3);

    EXPECT_EQ(days, "ThuFriSatSunMonTueWed");
    EXPECT_EQ(months, "JanFebMarAprMayJunJulAugSepOctNovDec");
}

TEST(Calendar, WritesRfc3339InMilliseconds) {
    EXPECT_EQ(rfc3339(Time{784111777s}), "1994-11-06T08:49:37.000Z");
    EXPECT_EQ(rfc3339(Time{784111777s + 1ms}), "1994-11-06T08:49:37.001Z");
    EXPECT_EQ(rfc3339(Time{784111777s + 999999us}), "1994-11-06T08:49:37.999Z");
    EXPECT_EQ(rfc3339(Time{-1ms}), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(rfc3339(Time{1709210096s + 120ms}), "2024-02-29T12:34:56.120Z");
}

}  // namespace
}  // namespace grove
