#include "date.h"

#include <array>
#include <cstring>

namespace grove::http {
namespace {

constexpr std::string_view kPattern = "Thu, 01 Jan 1970 00:00:00 GMT";
constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct Cached {
    std::time_t second;
    std::array<char, kPattern.size()> text;
};

// Initial-exec: the library is linked, not loaded late, and a call through __tls_get_addr for every
// response would cost more than the comparison it serves.
[[gnu::tls_model("initial-exec")]] thread_local constinit Cached cached{
    0, {'T', 'h', 'u', ',', ' ', '0', '1', ' ', 'J', 'a', 'n', ' ', '1', '9', '7',
        '0', ' ', '0', '0', ':', '0', '0', ':', '0', '0', ' ', 'G', 'M', 'T'}};

void put_two(char* at, int number) noexcept {
    at[0] = static_cast<char>('0' + number / 10 % 10);
    at[1] = static_cast<char>('0' + number % 10);
}

void put_name(char* at, std::string_view names, int index) noexcept {
    constexpr std::size_t kLength = 3;
    std::memcpy(at, names.data() + kLength * static_cast<std::size_t>(index), kLength);
}

// Not strftime(): the names of days and months must not follow the locale. Apart: a function whose calls fill a
// struct of its own guards its stack.
[[gnu::noinline]] void format(std::time_t now, char* text) noexcept {
    std::tm parts{};
    gmtime_r(&now, &parts);
    put_name(text, kDays, parts.tm_wday);
    put_two(text + 5, parts.tm_mday);
    put_name(text + 8, kMonths, parts.tm_mon);
    put_two(text + 12, (parts.tm_year + 1900) / 100);
    put_two(text + 14, (parts.tm_year + 1900) % 100);
    put_two(text + 17, parts.tm_hour);
    put_two(text + 20, parts.tm_min);
    put_two(text + 23, parts.tm_sec);
}

}  // namespace

std::string_view http_date(std::time_t now) noexcept {
    if (cached.second != now) {
        format(now, cached.text.data());
        cached.second = now;
    }
    return {cached.text.data(), cached.text.size()};
}

}  // namespace grove::http
