#include <grove/http/access_format.h>

#include <array>
#include <cstdio>
#include <ctime>
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

// strftime's %b speaks the process's language.
std::string apache_time(Clock::time_point when) {
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::tm t = utc(when);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "[%02d/%s/%d:%02d:%02d:%02d +0000]", t.tm_mday,
                  kMonths.at(static_cast<std::size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour,
                  t.tm_min, t.tm_sec);
    return text.data();
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

void append_quoted(std::string& line, std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    line += " \"";
    for (const char c : text.empty() ? "-" : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += {'\\', c};
        } else if (byte >= 0x20 && byte <= 0x7e) {
            line += c;
        } else {
            line += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
        }
    }
    line += '"';
}

Json text_or_null(std::string_view text) { return text.empty() ? Json{} : Json(text); }

}  // namespace

std::string format_combined(const AccessRecord& record, Clock::time_point when) {
    std::string line{record.remote_addr.empty() ? "-" : record.remote_addr};
    line += " - - " + apache_time(when);
    append_quoted(line, record.request_line);
    line += ' ';
    line += record.status == 0 ? "000" : std::to_string(record.status);
    line += ' ';
    line += record.bytes == 0 ? "-" : std::to_string(record.bytes);
    append_quoted(line, record.referer);
    append_quoted(line, record.agent);
    return line;
}

std::string format_json(const AccessRecord& record, Clock::time_point when) {
    const Json line{
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
    return line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace grove::http
