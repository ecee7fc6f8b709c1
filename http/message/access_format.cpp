#include <grove/http/access_format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <string_view>

#include <nlohmann/json.hpp>

namespace grove::http {
namespace {

using Clock = std::chrono::system_clock;
using Json = nlohmann::ordered_json;

std::tm utc(Clock::time_point when) {
    const std::time_t seconds = Clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return parts;
}

void put_two(char* at, int number) noexcept {
    at[0] = static_cast<char>('0' + number / 10 % 10);
    at[1] = static_cast<char>('0' + number % 10);
}

constexpr std::string_view kApachePattern = "[01/Jan/1970:00:00:00 +0000]";

struct ApacheTime {
    std::time_t second = std::numeric_limits<std::time_t>::min();
    std::array<char, kApachePattern.size()> text{};
};

// Most lines have the second of the line before. Initial-exec as in date.cpp.
[[gnu::tls_model("initial-exec")]] thread_local constinit ApacheTime last_time;

// Not strftime(): its %b speaks the process's language.
void append_apache_time(std::string& line, Clock::time_point when) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::time_t second = Clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
    if (last_time.second != second) {
        std::tm t{};
        gmtime_r(&second, &t);
        char* const text = last_time.text.data();
        kApachePattern.copy(text, kApachePattern.size());
        put_two(text + 1, t.tm_mday);
        kMonths.copy(text + 4, 3, 3 * static_cast<std::size_t>(t.tm_mon));
        put_two(text + 8, (t.tm_year + 1900) / 100);
        put_two(text + 10, (t.tm_year + 1900) % 100);
        put_two(text + 13, t.tm_hour);
        put_two(text + 16, t.tm_min);
        put_two(text + 19, t.tm_sec);
        last_time.second = second;
    }
    line.append(last_time.text.data(), last_time.text.size());
}

std::string rfc3339(Clock::time_point when) {
    const auto since_second = when - std::chrono::floor<std::chrono::seconds>(when);
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(since_second).count();
    const std::tm t = utc(when);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900,
                  t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                  static_cast<int>(milliseconds));
    return text.data();
}

bool is_plain(char c) noexcept { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; }

void append_escaped(std::string& line, char c) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        line += {'\\', c};
    } else {
        line += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
    }
}

void append_quoted(std::string& line, std::string_view text) {
    line += " \"";
    if (text.empty()) text = "-";
    while (!text.empty()) {
        const auto plain_end = std::find_if_not(text.begin(), text.end(), is_plain);
        const auto plain = static_cast<std::size_t>(plain_end - text.begin());
        line.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        append_escaped(line, text.front());
        text.remove_prefix(1);
    }
    line += '"';
}

void append_number(std::string& line, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    line.append(digits.data(), end);
}

// Bytes, not text: each is the character of its number, so that JSON can hold any and says which it was.
Json text_or_null(std::string_view bytes) {
    if (bytes.empty()) return {};
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text +=
                {static_cast<char>(0xc0U | byte >> 6U), static_cast<char>(0x80U | (byte & 0x3fU))};
        }
    }
    return text;
}

}  // namespace

void append_combined(std::string& line, const AccessRecord& record, Clock::time_point when) {
    line += record.remote_addr.empty() ? "-" : record.remote_addr;
    line += " - - ";
    append_apache_time(line, when);
    append_quoted(line, record.request_line);
    line += ' ';
    if (record.status == 0) line += "00";
    append_number(line, static_cast<std::uint64_t>(record.status));
    line += ' ';
    if (record.bytes == 0) {
        line += '-';
    } else {
        append_number(line, record.bytes);
    }
    append_quoted(line, record.referer);
    append_quoted(line, record.agent);
}

std::string format_combined(const AccessRecord& record, Clock::time_point when) {
    std::string line;
    append_combined(line, record, when);
    return line;
}

std::string format_json(const AccessRecord& record, Clock::time_point when) {
    Json line{
        {"time", rfc3339(when)},
        {"remote", text_or_null(record.remote_addr)},
        {"method", text_or_null(record.method)},
        {"target", text_or_null(record.target)},
        {"protocol", text_or_null(record.protocol)},
        {"status", record.status == 0 ? Json{} : Json(record.status)},
        {"bytes", record.bytes},
        {"duration", std::chrono::duration<double>{record.duration}.count()},
        {"referer", text_or_null(record.referer)},
        {"agent", text_or_null(record.agent)},
    };
    if (!record.request_id.empty()) line["request_id"] = record.request_id;
    return line.dump(-1, ' ', /*ensure_ascii=*/true);  // U+007F and above as \u00hh
}

}  // namespace grove::http
