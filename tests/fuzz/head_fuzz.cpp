// Parser and rules: what a head that passed may mean.

#include <grove/http/limits.h>

#include "fuzz.h"
#include "guard.h"
#include "parser.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

bool within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

std::size_t count_of(const RequestHead& head, std::string_view lower_name) {
    std::size_t count = 0;
    for (const Field& field : head.fields()) count += matches(field.name, lower_name) ? 1U : 0U;
    return count;
}

void check_fields(const RequestHead& head, std::string_view bytes) {
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = bytes.find("\r\n", at)) != std::string_view::npos; at += 2)
        ++lines;
    require(head.fields().size() == lines - 2, "a field for each line");
    for (const Field& field : head.fields()) {
        require(within(field.name, bytes) && within(field.value, bytes), "fields are views");
        require(!field.name.empty(), "a name is not empty");
        require(field.value.empty() || (field.value.front() != ' ' && field.value.front() != '\t' &&
                                        field.value.back() != ' ' && field.value.back() != '\t'),
                "a value has no blanks around it");
    }
}

void check_meaning(const RequestHead& head) {
    require(!head.method.empty() && !head.target.empty() && !head.path.empty(), "no empty parts");
    require(head.path.find('?') == std::string_view::npos, "a path ends at its query");
    const std::size_t codings = count_of(head, "transfer-encoding");
    const std::size_t lengths = count_of(head, "content-length");
    require(head.chunked == (codings != 0), "a transfer coding is chunked or refused");
    require(!(codings != 0 && lengths != 0), "one framing (RFC 9112 section 6.3)");
    require(codings == 0 || head.version_minor == 1, "no chunks of HTTP/1.0");
    require(head.content_length.has_value() == (lengths != 0), "a length is read or refused");
    require(count_of(head, "host") <= 1, "one Host at most");
    require(head.version_minor == 0 || count_of(head, "host") == 1, "HTTP/1.1 has a Host");
    require(!head.expect_continue || head.has_body(), "nobody waits for no body");
}

}  // namespace

GROVE_FUZZ_TARGET(head) {
    static RequestHead head;  // one for all: nothing of a request may show in the next
    const Limits limits;
    const Padded buffer{FuzzBytes{data, size}.rest()};
    Guard guard;
    const GuardState found = guard.feed(buffer.view(), limits);
    if (found != GuardState::kComplete) return 0;
    const std::string_view bytes = buffer.view().substr(guard.skipped(), guard.head_length());
    if (const Refusal refusal = HeadParser::parse(bytes, limits, head)) {
        require(refusal.status >= 400 && refusal.status < 600, "a refusal is an error");
        require(!std::string_view{refusal.why}.empty(), "a refusal has a reason");
        return 0;
    }
    check_fields(head, bytes);
    check_meaning(head);
    return 0;
}
