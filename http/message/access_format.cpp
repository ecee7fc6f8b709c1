#include <grove/http/access_format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <limits>
#include <string_view>

#include <nlohmann/json.hpp>

#include "calendar.h"
#include "hexadecimal.h"

namespace grove::http {
namespace {

using Clock = std::chrono::system_clock;
using Json = nlohmann::ordered_json;

constexpr std::string_view kApachePattern = "[01/Jan/1970:00:00:00 +0000]";

struct ApacheTime {
    std::time_t second = std::numeric_limits<std::time_t>::min();
    std::array<char, kApachePattern.size()> text{};
};

// Most lines have the second of the line before. Initial-exec as in date.cpp.
[[gnu::tls_model("initial-exec")]] thread_local constinit ApacheTime last_time;

void append_apache_time(std::string& line, Clock::time_point when) {
    const std::time_t second = second_of(when);
    if (last_time.second != second) {
        const std::tm utc = utc_of(second);
        char* const text = last_time.text.data();
        kApachePattern.copy(text, kApachePattern.size());
        put_two(text + 1, utc.tm_mday);
        put_month(text + 4, utc);
        put_year(text + 8, utc);
        put_time(text + 13, utc);
        last_time.second = second;
    }
    line.append(last_time.text.data(), last_time.text.size());
}

bool is_plain(char c) noexcept { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; }

void append_escaped(std::string& line, char c) {
    if (c == '"' || c == '\\') {
        line += {'\\', c};
    } else {
        append_escape(line, c);
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
    if (record.stream != 0) line["stream"] = record.stream;
    if (!record.request_id.empty()) line["request_id"] = record.request_id;
    if (!record.trace.empty()) line["trace"] = record.trace;
    return line.dump(-1, ' ', /*ensure_ascii=*/true);  // U+007F and above as \u00hh
}

}  // namespace grove::http
