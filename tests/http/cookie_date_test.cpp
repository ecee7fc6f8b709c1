// The dates of cookies: rows of http-state's tests of RFC 6265 section 5.1.1.
#include "cookie_date.h"

#include <chrono>
#include <optional>

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(CookieDate, IsReadAsBrowsersReadIt) {
    struct DateRow {
        const char* text;
        std::optional<std::int64_t> second;
    };
    const DateRow rows[] = {
        {"Mon, 10-Dec-2007 17:02:24 GMT", 1197306144},
        {"Wed, 09 Dec 2009 16:27:23 GMT", 1260376043},
        {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
        {"Thu, 01 Jan 69 00:00:00", 3124224000},
        {"1 jan 1970 00:00:00", 0},
        {"00:00:01 1970 Jan 1", 1},
        {"Mon Dec 10 16:32:30 2007 GMT", 1197304350},
        {"Fri, 01 Jan 2010 00:00:00 GMT garbage", 1262304000},
        {"Mon, 10-Dec-2007 23:59:59 GMT", 1197331199},
        {"Fri, 01-Jan-99 00:00:00 GMT", 915148800},
        {"Mon, 01-Jan-1601 00:00:00 GMT", -11644473600},
        {"", std::nullopt},
        {"Thu, 01 Jan 7 00:00:00", std::nullopt},
        {"Thu, 01 Jan 1970", std::nullopt},
        {"Mon, 10-Dec-2007 17:02 GMT", std::nullopt},
        {"Mon, 10-Dec-2007 24:00:00 GMT", std::nullopt},
        {"Mon, 10-Dec-2007 17:60:00 GMT", std::nullopt},
        {"Mon, 10-Dec-2007 17:02:60 GMT", std::nullopt},
        {"Mon, 32-Dec-2007 17:02:24 GMT", std::nullopt},
        {"Mon, 30-Feb-2007 17:02:24 GMT", std::nullopt},
        {"Mon, 10-Dez-2007 17:02:24 GMT", std::nullopt},
        {"Mon, 10-Dec-1600 17:02:24 GMT", std::nullopt},
        {"Mon, 10-Dec-20007 17:02:24 GMT", std::nullopt},
    };
    for (const DateRow& row : rows) {
        const auto date = parse_cookie_date(row.text);
        EXPECT_EQ(
            date ? std::optional<std::int64_t>{date->time_since_epoch().count()} : std::nullopt,
            row.second)
            << row.text;
    }
}

}  // namespace
}  // namespace grove::http
