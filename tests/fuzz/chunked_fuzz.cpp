// A chunked body means the same however it is cut, and what plain reading makes of it.
#include <optional>
#include <string>

#include <grove/http/limits.h>

#include "chunked.h"
#include "fuzz.h"

namespace {

using namespace grove::fuzz;
using namespace grove::http;

struct Outcome {
    ChunkedState state = ChunkedState::kMore;
    int status = 0;
    std::string body{};
    std::size_t consumed = 0;

    bool operator==(const Outcome&) const = default;
};

Outcome decoded(std::string_view bytes, const Limits& limits,
                const std::vector<std::size_t>& reads) {
    ChunkedDecoder decoder{limits};
    Outcome outcome;
    for (const std::size_t length : reads) {
        while (outcome.consumed != length && outcome.state == ChunkedState::kMore) {
            const ChunkedResult result =
                decoder.feed(bytes.substr(outcome.consumed, length - outcome.consumed));
            require(result.consumed != 0 || result.state != ChunkedState::kMore, "it goes on");
            outcome.consumed += result.consumed;
            outcome.body += result.data;
            outcome.state = result.state;
            outcome.status = result.refusal.status;
        }
    }
    return outcome;
}

/// The body as a lenient reader takes it apart; nullopt if it cannot.
std::optional<Outcome> plain(std::string_view bytes) {
    Outcome outcome{.state = ChunkedState::kDone};
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = bytes.find("\r\n", at);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string line{bytes.substr(at, end - at)};
        const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
        at = end + 2;
        if (size == 0) break;
        if (size > bytes.size() - at) return std::nullopt;
        outcome.body += bytes.substr(at, size);
        at += size + 2;
        if (at > bytes.size()) return std::nullopt;
    }
    while (bytes.substr(at, 2) != "\r\n") {
        const std::size_t end = bytes.find("\r\n", at);
        if (end == std::string_view::npos) return std::nullopt;
        at = end + 2;
    }
    outcome.consumed = at + 2;
    return outcome;
}

}  // namespace

GROVE_FUZZ_TARGET(chunked) {
    FuzzBytes input{data, size};
    Limits limits;
    const std::uint8_t tight = input.byte();
    if ((tight & 1U) != 0) limits.body = 40;
    if ((tight & 2U) != 0) limits.headers = 3;
    if ((tight & 4U) != 0) limits.header_bytes = 40;
    const std::vector<std::uint8_t> steps{input.byte(), input.byte(), input.byte()};
    const std::string_view bytes = input.rest();

    const Outcome whole = decoded(bytes, limits, {bytes.size()});
    require(whole.body.size() <= limits.body, "a body is within its limit");
    require(decoded(bytes, limits, cuts(bytes.size(), {1})) == whole, "bytes one by one");
    require(decoded(bytes, limits, cuts(bytes.size(), steps)) == whole, "cuts do not count");
    if (whole.state == ChunkedState::kDone)
        require(plain(bytes) == whole, "what is accepted has one meaning");
    return 0;
}
