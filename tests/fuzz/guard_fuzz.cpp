// The guard says the same of the same bytes however they are cut, and lets only clean heads through.
#include <grove/http/limits.h>

#include "ascii.h"
#include "fuzz.h"
#include "guard.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

Guard fed(std::string_view bytes, const Limits& limits, const std::vector<std::size_t>& reads,
          std::size_t* decided = nullptr) {
    Guard guard;
    for (const std::size_t length : reads) {
        const Padded buffer{bytes.substr(0, length), length % 2 == 0 ? 'a' : '\r'};
        const GuardState state = guard.feed(buffer.view(), limits);
        if (decided != nullptr) *decided = length;
        if (state != GuardState::kNeedMore) break;
    }
    return guard;
}

bool same(const Guard& a, const Guard& b) {
    if (a.state() != b.state()) return false;
    switch (a.state()) {
        case GuardState::kNeedMore:
            return true;
        case GuardState::kComplete:
            return a.skipped() == b.skipped() && a.head_length() == b.head_length();
        case GuardState::kRefused:
            return a.refusal().status == b.refusal().status &&
                   std::string_view{a.refusal().why} == b.refusal().why;
    }
    return false;
}

void check_clean(std::string_view head, const Limits& limits) {
    require(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
    require(head.find("\r\n\r\n") == head.size() - 4, "and it has no other");
    std::size_t lines = 0;
    for (std::size_t at = 0; at < head.size(); ++at) {
        const auto byte = static_cast<unsigned char>(head[at]);
        if (byte == '\r') {
            require(head[at + 1] == '\n', "no CR stands alone");
            ++lines;
        } else if (byte == '\n') {
            require(at > 0 && head[at - 1] == '\r', "no LF stands alone");
            const char next = at + 1 < head.size() ? head[at + 1] : 'x';
            require(next != ' ' && next != '\t', "no line is folded");
        } else {
            require(byte == '\t' || (byte >= 0x20 && byte != 0x7f), "no control byte passes");
        }
    }
    require(lines - 2 <= limits.headers, "the fields are within their limit");
    require(head.find("\r\n") <= limits.request_line, "the request line is within its limit");
}

}  // namespace

GROVE_FUZZ_TARGET(guard) {
    FuzzBytes input{data, size};
    Limits limits;
    const std::uint8_t tight = input.byte();
    if ((tight & 1U) != 0) limits.request_line = 60;
    if ((tight & 2U) != 0) limits.headers = 4;
    if ((tight & 4U) != 0) limits.header_bytes = 150;
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string_view bytes = input.rest();

    const Guard whole = fed(bytes, limits, {bytes.size()});
    std::size_t decided = 0;
    require(same(whole, fed(bytes, limits, cuts(bytes.size(), steps))), "cuts do not count");
    require(same(whole, fed(bytes, limits, cuts(bytes.size(), {1}), &decided)), "bytes one by one");
    if (whole.state() == GuardState::kComplete) {
        require(decided == whole.skipped() + whole.head_length(),
                "a head is complete with its end");
        check_clean(bytes.substr(whole.skipped(), whole.head_length()), limits);
    }
    return 0;
}
