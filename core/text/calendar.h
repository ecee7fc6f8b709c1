// calendar.h - dates and times of day as text: in UTC, and in English whatever language the process speaks.
//
// strftime() and strptime() follow the locale, which any plugin may set. Any thread. Years are those from 0 to 9999.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace grove {

/// In the order of std::tm. The first three letters are the short name.
inline constexpr std::array<std::string_view, 7> kDayNames{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
inline constexpr std::array<std::string_view, 12> kMonthNames{
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

inline std::tm utc_of(std::time_t second) noexcept {
    std::tm utc{};
    ::gmtime_r(&second, &utc);
    return utc;
}

/// The second in which `when` lies, also before 1970.
inline std::time_t second_of(std::chrono::system_clock::time_point when) noexcept {
    return std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
}

// Each writes to `at`, which has room.

inline void put_two(char* at, int number) noexcept {
    at[0] = static_cast<char>('0' + number / 10 % 10);
    at[1] = static_cast<char>('0' + number % 10);
}

/// "1994"
inline void put_year(char* at, const std::tm& utc) noexcept {
    put_two(at, (utc.tm_year + 1900) / 100);
    put_two(at + 2, (utc.tm_year + 1900) % 100);
}

/// "Nov"
inline void put_month(char* at, const std::tm& utc) noexcept {
    std::memcpy(at, kMonthNames[static_cast<std::size_t>(utc.tm_mon)].data(), 3);
}

/// "08:49:37"
inline void put_time(char* at, const std::tm& utc) noexcept {
    put_two(at, utc.tm_hour);
    at[2] = ':';
    put_two(at + 3, utc.tm_min);
    at[5] = ':';
    put_two(at + 6, utc.tm_sec);
}

inline constexpr std::string_view kHttpDatePattern = "Thu, 01 Jan 1970 00:00:00 GMT";

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
inline void put_http_date(char* at, std::time_t second) noexcept {
    const std::tm utc = utc_of(second);
    std::memcpy(at, kHttpDatePattern.data(), kHttpDatePattern.size());
    std::memcpy(at, kDayNames[static_cast<std::size_t>(utc.tm_wday)].data(), 3);
    put_two(at + 5, utc.tm_mday);
    put_month(at + 8, utc);
    put_year(at + 12, utc);
    put_time(at + 17, utc);
}

/// "1994-11-06T08:49:37.123Z" (RFC 3339).
inline std::string rfc3339(std::chrono::system_clock::time_point when) {
    using namespace std::chrono;
    const std::tm utc = utc_of(second_of(when));
    const auto thousandths = duration_cast<milliseconds>(when - floor<seconds>(when)).count();
    std::string text = "1970-01-01T00:00:00.000Z";
    put_year(text.data(), utc);
    put_two(text.data() + 5, utc.tm_mon + 1);
    put_two(text.data() + 8, utc.tm_mday);
    put_time(text.data() + 11, utc);
    text[20] = static_cast<char>('0' + thousandths / 100);
    put_two(text.data() + 21, static_cast<int>(thousandths % 100));
    return text;
}

}  // namespace grove
