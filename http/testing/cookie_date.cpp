#include "cookie_date.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <grove/http/headers.h>

#include "calendar.h"

namespace grove::http {
namespace {

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

bool is_delimiter(char byte) noexcept {
    return byte == '\t' || (byte >= ' ' && byte <= '/') || (byte >= ';' && byte <= '@') ||
           (byte >= '[' && byte <= '`') || (byte >= '{' && byte <= '~');
}

/// Takes a number of `least` to `most` digits off the front; more digits are none.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
    std::size_t digits = 0;
    int number = 0;
    while (digits < text.size() && digits <= most && is_digit(text[digits]))
        number = number * 10 + (text[digits++] - '0');
    if (digits < least || digits > most) return std::nullopt;
    text.remove_prefix(digits);
    return number;
}

struct Found {
    std::optional<std::array<int, 3>> time{};  // hour, minute, second
    std::optional<int> day{};
    std::optional<int> month{};
    std::optional<int> year{};
};

// What follows the seconds does not count.
std::optional<std::array<int, 3>> time_of(std::string_view token) {
    std::array<int, 3> time{};
    for (std::size_t at = 0; at != time.size(); ++at) {
        if (at != 0) {
            if (!token.starts_with(':')) return std::nullopt;
            token.remove_prefix(1);
        }
        const std::optional<int> number = take_number(token, 1, 2);
        if (!number) return std::nullopt;
        time[at] = *number;
    }
    return time;
}

std::optional<int> month_of(std::string_view token) {
    for (std::size_t at = 0; at != kMonthNames.size(); ++at) {
        if (iequals(token.substr(0, 3), kMonthNames[at].substr(0, 3)))
            return static_cast<int>(at) + 1;
    }
    return std::nullopt;
}

std::optional<int> number_of(std::string_view token, std::size_t least, std::size_t most) {
    return take_number(token, least, most);
}

// The first token of each kind counts, in this order.
void note(std::string_view token, Found& found) {
    if (!found.time && (found.time = time_of(token))) return;
    if (!found.day && (found.day = number_of(token, 1, 2))) return;
    if (!found.month && (found.month = month_of(token))) return;
    if (!found.year) found.year = number_of(token, 2, 4);
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) {
    Found found;
    while (!text.empty()) {
        const auto end = std::find_if(text.begin(), text.end(), is_delimiter);
        const auto length = static_cast<std::size_t>(end - text.begin());
        if (length != 0) note(text.substr(0, length), found);
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    if (!found.time || !found.day || !found.month || !found.year) return std::nullopt;
    int year = *found.year;
    if (year >= 70 && year <= 99) year += 1900;
    if (year <= 69) year += 2000;
    const auto [hour, minute, second] = *found.time;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(*found.month)},
                                           std::chrono::day{static_cast<unsigned>(*found.day)}};
    if (!date.ok() || year < 1601 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

}  // namespace grove::http
