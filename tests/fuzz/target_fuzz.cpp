// Request targets and their escapes.
#include <optional>
#include <string>

#include "fuzz.h"
#include "guard.h"
#include "parser.h"
#include "target.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

int digit(char c) {
    const std::string_view lower = "0123456789abcdef";
    const std::string_view upper = "0123456789ABCDEF";
    const std::size_t at = lower.find(c) != lower.npos ? lower.find(c) : upper.find(c);
    return at == upper.npos ? -1 : static_cast<int>(at);
}

std::string decoded_plainly(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
                            digit(text[i + 2]) >= 0;
        out += escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
        i += escape ? 2 : 0;
    }
    return out;
}

void check_escapes(std::string_view text) {
    const std::string expected = decoded_plainly(text);
    require(percent_decode(text) == expected, "an escape is one byte");
}

void check_target(std::string_view target, bool options) {
    if (target.find_first_of(" \r") != target.npos) return;  // it would end there
    const std::string head = std::string{options ? "OPTIONS " : "GET "}.append(target).append(
        " HTTP/1.1\r\nHost: h\r\n\r\n");
    const Padded buffer{head};
    Guard guard;
    const Limits limits;
    const GuardState found = guard.feed(buffer.view(), limits);
    if (found != GuardState::kComplete || guard.head_length() != head.size()) return;
    RequestHead parsed;
    if (HeadParser::parse(buffer.view(), limits, parsed)) return;
    require(parsed.target == target, "a target stays as it came");
    require(!parsed.path.empty(), "a path is not empty");
    require(parsed.path.front() == '/' || (options && parsed.path == "*"), "a path is absolute");
    const std::string path = percent_decode(parsed.path);
    require(path.find('\0') == path.npos, "no NUL is in a path");
}

}  // namespace

GROVE_FUZZ_TARGET(target) {
    FuzzBytes input{data, size};
    const std::uint8_t options = input.byte();
    check_escapes(input.rest());
    check_target(input.rest(), (options & 1U) != 0);
    return 0;
}
