// One framing: what guard, rules and decoder make of a client's bytes at once, the server makes of
// them in any cuts, and a plain reader makes of what was accepted. Never two requests of one.
#include <cctype>
#include <string>
#include <vector>

#include <grove/http/limits.h>

#include "chunked.h"
#include "fed_server.h"
#include "fuzz.h"
#include "guard.h"
#include "parser.h"
#include "target.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

struct Request {
    std::string line;    ///< "GET /path?query", decoded.
    bool whole = false;  ///< Its body came to a good end.
    std::string body{};  ///< If whole.

    bool operator==(const Request&) const = default;
};

using Requests = std::vector<Request>;

std::string line_of(std::string_view method, std::string_view path, std::string_view query) {
    return std::string{method}.append(" ").append(path).append("?").append(query);
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// Where a body ends as a plain reader of the head sees it; what it was told must be no more.
void check_plainly(std::string_view head, const RequestHead& parsed) {
    const std::string text = lower(head);
    const std::size_t length = text.find("\r\ncontent-length:");
    const bool chunked = text.find("\r\ntransfer-encoding:") != text.npos;
    require(parsed.chunked == chunked, "a reader sees the transfer coding too");
    if (length == text.npos) {
        require(!parsed.content_length, "a reader sees no length either");
        return;
    }
    require(!chunked, "not both");
    std::size_t at = text.find(':', length) + 1;
    while (text[at] == ' ' || text[at] == '\t') ++at;
    std::uint64_t number = 0;
    require(std::isdigit(static_cast<unsigned char>(text[at])) != 0, "a length is digits");
    for (; std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at)
        number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
    require(parsed.content_length == number, "a reader sees the same length");
}

/// Takes the body off `rest`. @return false: the connection cannot go on behind it
bool take_body(const RequestHead& head, std::string_view& rest, const Limits& limits,
               Request& request) {
    if (!head.chunked) {
        const std::uint64_t length = head.content_length.value_or(0);
        if (length > rest.size()) return false;
        request.whole = true;
        request.body = rest.substr(0, length);
        rest.remove_prefix(length);
        return true;
    }
    ChunkedDecoder decoder{limits};
    for (;;) {
        const ChunkedResult result = decoder.feed(rest);
        request.body += result.data;
        rest.remove_prefix(result.consumed);
        if (result.state == ChunkedState::kDone) return request.whole = true;
        if (result.state != ChunkedState::kMore || rest.empty()) break;
    }
    request.body.clear();
    return false;
}

Requests framed_at_once(std::string_view bytes) {
    Requests requests;
    const Limits limits;
    RequestHead head;
    for (bool goes_on = true; goes_on;) {
        const Padded buffer{bytes};
        Guard guard;
        const GuardState found = guard.feed(buffer.view(), limits);
        if (found != GuardState::kComplete) break;
        const auto text = buffer.view().substr(guard.skipped(), guard.head_length());
        if (HeadParser::parse(text, limits, head)) break;
        check_plainly(text, head);
        bytes.remove_prefix(guard.skipped() + guard.head_length());
        Request request{line_of(head.method, percent_decode(head.path), head.query)};
        goes_on = take_body(head, bytes, limits, request) && head.keep_alive;
        requests.push_back(std::move(request));
    }
    return requests;
}

Requests served;

Body note_and_answer(Environ& environ, StartResponse& start) {
    served.push_back(
        {line_of(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"])});
    const std::size_t index = served.size() - 1;
    std::string body = environ.input().read();
    served[index].whole = true;
    served[index].body = std::move(body);
    start("200 OK", {});
    return Body{"ok"};
}

void tell(const char* who, const Requests& requests) {
    for (const Request& request : requests) {
        std::fprintf(stderr, "%s: %s %s %zu bytes\n", who, request.line.c_str(),
                     request.whole ? "whole" : "broken", request.body.size());
    }
}

}  // namespace

GROVE_FUZZ_TARGET(framing) {
    constexpr std::size_t kMostReads = 24;  // each costs polls of the hub
    static auto* const server = new FedServer{
        note_and_answer, {.limits = {.body_buffer = 0}}};  // told of bodies that do not come, too
    FuzzBytes input{data, size};
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string_view bytes = input.rest();

    served.clear();
    FedClient client{*server};
    client.send(bytes, cuts(bytes.size(), steps, kMostReads));
    client.finish_sending();
    client.read_to_end();
    client.close();
    server->require_quiet();

    const Requests expected = framed_at_once(bytes);
    if (served != expected) {
        tell("served", served);
        tell("framed at once", expected);
    }
    require(served == expected, "one framing");
    return 0;
}
