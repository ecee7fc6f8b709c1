// Access log lines: whatever a client said of itself, one line that reads back as one record.
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <grove/http/access_format.h>

#include "fuzz.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

constexpr std::chrono::system_clock::time_point kWhen{std::chrono::seconds{1234567890}};

/// Cuts the text at zero bytes, which is what the record's parts are.
std::string_view next_part(std::string_view& text) {
    const std::string_view part = text.substr(0, text.find('\0'));
    text.remove_prefix(part.size() < text.size() ? part.size() + 1 : part.size());
    return part;
}

/// Takes one quoted field off a combined line. @return what was written there
std::string unquoted(std::string_view& line) {
    require(line.starts_with(" \""), "a quoted field begins with a quote");
    line.remove_prefix(2);
    std::string text;
    while (!line.starts_with('"')) {
        require(!line.empty(), "a quoted field ends with a quote");
        if (line.starts_with("\\x")) {
            text += static_cast<char>(std::stoi(std::string{line.substr(2, 2)}, nullptr, 16));
            line.remove_prefix(4);
            continue;
        }
        if (line.starts_with('\\')) line.remove_prefix(1);
        text += line.front();
        line.remove_prefix(1);
    }
    line.remove_prefix(1);
    return text;
}

std::string or_dash(std::string_view text) { return std::string{text.empty() ? "-" : text}; }

void check_combined(const AccessRecord& record) {
    const std::string line = format_combined(record, kWhen);
    for (const char byte : line) require(byte >= 0x20 && byte <= 0x7e, "a line is printable");
    constexpr std::string_view kBefore = "192.0.2.1 - - [13/Feb/2009:23:31:30 +0000]";
    require(line.starts_with(kBefore), "a line begins with what the server knows");
    std::string_view rest = std::string_view{line}.substr(kBefore.size());
    require(unquoted(rest) == or_dash(record.request_line), "the request line reads back");
    require(rest.starts_with(" 200 -"), "status and bytes follow");
    rest.remove_prefix(6);
    require(unquoted(rest) == or_dash(record.referer), "the referer reads back");
    require(unquoted(rest) == or_dash(record.agent), "the agent reads back");
    require(rest.empty(), "nothing follows");
}

/// Characters up to U+00FF, as UTF-8 has them, are the bytes of their numbers.
std::string bytes_of(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        require(byte < 0xc4, "no character above U+00FF");
        bytes += byte < 0x80 ? text[at] : static_cast<char>((byte << 6U) | (text[++at] & 0x3f));
    }
    return bytes;
}

void check_json(const AccessRecord& record) {
    const std::string line = format_json(record, kWhen);
    for (const char byte : line)
        require(byte >= 0x20 && byte <= 0x7e, "an object is a printable line");
    const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    require(object.is_object(), "an object reads back");
    require(object.at("status") == 200, "nobody adds to it");
    require(object.at("agent").is_null() == record.agent.empty(), "null is for what is absent");
    if (!record.agent.empty()) {
        require(bytes_of(object.at("agent").get<std::string>()) == record.agent,
                "every byte reads back");
    }
}

}  // namespace

GROVE_FUZZ_TARGET(log) {
    std::string_view text = FuzzBytes{data, size}.rest();
    AccessRecord record{.remote_addr = "192.0.2.1", .status = 200};
    record.request_line = next_part(text);
    record.method = next_part(text);
    record.target = next_part(text);
    record.referer = next_part(text);
    record.agent = text;  // zero bytes and all
    check_combined(record);
    check_json(record);
    return 0;
}
