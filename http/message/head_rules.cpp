#include "head_rules.h"

#include <algorithm>
#include <span>
#include <type_traits>

#include <grove/http/headers.h>

#include "ascii.h"
#include "authority.h"
#include "chunk_extensions.h"
#include "content_length.h"
#include "list.h"
#include "target.h"

namespace grove::http {
namespace {

/// What was seen among the fields before any of it is judged.
struct Seen {
    std::string_view length;
    unsigned hosts = 0;
    unsigned lengths = 0;
    unsigned content_types = 0;
    bool coding = false;
    bool expect = false;
    bool upgrade = false;
    bool close_token = false;
    bool keep_alive_token = false;
    bool upgrade_token = false;
};

void note_connection(std::string_view value, Seen& seen) noexcept {
    for_each_element(value, [&seen](std::string_view token) {
        if (matches(token, "close")) seen.close_token = true;
        if (matches(token, "keep-alive")) seen.keep_alive_token = true;
        if (matches(token, "upgrade")) seen.upgrade_token = true;
    });
}

// The length alone tells most fields apart, so each name is compared once at most.
template <class Head>
[[gnu::always_inline]] inline void note_field(const Field& field, Head& head, Seen& seen) noexcept {
    constexpr bool kOfRequest = std::is_same_v<Head, RequestHead>;
    switch (field.name.size()) {
        case 4:
            if constexpr (kOfRequest) {
                if (!matches(field.name, "host")) return;
                head.host = field.value;
                ++seen.hosts;
            }
            return;
        case 6:
            seen.expect = seen.expect || matches(field.name, "expect");
            return;
        case 7:
            seen.upgrade = seen.upgrade || matches(field.name, "upgrade");
            return;
        case 10:
            if (matches(field.name, "connection")) note_connection(field.value, seen);
            return;
        case 12:
            if constexpr (kOfRequest) {
                if (!matches(field.name, "content-type")) return;
                head.content_type = field.value;
                ++seen.content_types;
            }
            return;
        case 14:
            if (!matches(field.name, "content-length")) return;
            seen.length = field.value;
            ++seen.lengths;
            return;
        case 17:
            seen.coding = seen.coding || matches(field.name, "transfer-encoding");
            return;
        default:
            return;
    }
}

Refusal judge_host(RequestHead& head, const Seen& seen) noexcept {
    if (seen.hosts > 1) return Refusal{400, "more than one Host field"};
    if (seen.hosts == 0) {
        if (head.version_minor == 0) return {};
        return Refusal{400, "HTTP/1.1 without a Host field"};
    }
    if (!head.host.empty() && head.known_host.is(head.host)) return {};
    if (!is_host_value(head.host)) return Refusal{400, "Host: not a host with an optional port"};
    head.known_host.keep(head.host);
    return {};
}

template <class Head>
Refusal judge_length(Head& head, const Seen& seen, const Limits& limits) noexcept {
    if (seen.lengths > 1) return Refusal{400, "more than one Content-Length field"};
    head.content_length = parse_content_length(seen.length);
    if (!head.content_length)
        return Refusal{400, "Content-Length: not a number of at most 19 digits"};
    if (*head.content_length > limits.body) return Refusal{413, "Content-Length over the limit"};
    return {};
}

/// What one coding among those of Transfer-Encoding does to the request.
enum class Coding {
    kChunked,
    kUnknown,
    kDubious,  // unknown, and no coding of its own: somebody's attempt
    kMalformed,
};

// The grammar of what follows a chunk's size, but that a value may be missing: nobody heeds either.
bool are_parameters(std::string_view text) noexcept {
    ChunkExtensions parameters;
    for (const char byte : text) {
        if (parameters.take(byte) != ChunkExtensions::State::kMore) return false;
    }
    return parameters.take('\r') == ChunkExtensions::State::kDone;
}

bool holds_chunked(std::string_view name) noexcept {
    constexpr std::string_view kChunked = "chunked";
    for (std::size_t at = 0; at + kChunked.size() <= name.size(); ++at) {
        if (matches(name.substr(at, kChunked.size()), kChunked)) return true;
    }
    return false;
}

Coding coding_of(std::string_view coding) noexcept {
    if (matches(coding, "chunked")) return Coding::kChunked;
    const std::size_t end = std::min(coding.find(';'), coding.size());
    const std::string_view name = trim_ows(coding.substr(0, end));
    if (!is_token(name) || !are_parameters(coding.substr(end))) return Coding::kMalformed;
    if (matches(name, "chunked")) return Coding::kMalformed;  // it has no parameters
    return matches(name, "identity") || holds_chunked(name) ? Coding::kDubious : Coding::kUnknown;
}

struct Codings {
    bool chunked = false;
    bool unknown = false;
    bool dubious = false;
    bool malformed = false;
};

Codings codings_of(std::span<const Field> fields) noexcept {
    Codings seen;
    const auto note = [&seen](std::string_view element) {
        seen.malformed = seen.malformed || seen.chunked;  // something after chunked
        const Coding coding = coding_of(element);
        if (coding == Coding::kChunked) seen.chunked = true;
        if (coding == Coding::kUnknown) seen.unknown = true;
        if (coding == Coding::kDubious) seen.dubious = true;
        if (coding == Coding::kMalformed) seen.malformed = true;
    };
    for (const Field& field : fields) {
        if (matches(field.name, "transfer-encoding")) for_each_element(field.value, note);
    }
    return seen;
}

template <class Head>
Refusal judge_coding(Head& head, const Seen& seen) noexcept {
    if (seen.lengths != 0) return Refusal{400, "both Content-Length and Transfer-Encoding"};
    if (head.version_minor == 0) return Refusal{400, "Transfer-Encoding in HTTP/1.0"};
    const Codings codings = codings_of(head.fields());
    if (codings.malformed || (codings.dubious && !codings.chunked))
        return Refusal{400, "Transfer-Encoding: malformed, or chunked not last and once"};
    if (codings.unknown || codings.dubious)
        return Refusal{501, "Transfer-Encoding: another coding than chunked"};
    head.chunked = true;
    return {};
}

Refusal judge_expect(RequestHead& head) noexcept {
    bool wanted = false;
    bool unknown = false;
    for (const Field& field : head.fields()) {
        if (!matches(field.name, "expect")) continue;
        for_each_element(field.value, [&](std::string_view expectation) {
            if (expectation.empty()) return;
            (matches(expectation, "100-continue") ? wanted : unknown) = true;
        });
    }
    if (unknown) return Refusal{417, "Expect: another expectation than 100-continue"};
    head.expect_continue = wanted && head.version_minor == 1 && head.has_body();
    return {};
}

template <class Head>
Refusal judge_body(Head& head, const Seen& seen, const Limits& limits) noexcept {
    if (seen.coding) return judge_coding(head, seen);
    if (seen.lengths != 0) return judge_length(head, seen, limits);
    return {};
}

template <class Head>
void set_persistence(Head& head, const Seen& seen) noexcept {
    head.keep_alive = !seen.close_token && (head.version_minor == 1 || seen.keep_alive_token);
    head.upgrade = seen.upgrade && seen.upgrade_token && head.version_minor != 0;
}

}  // namespace

Refusal apply_head_rules(RequestHead& head, const Limits& limits) noexcept {
    Seen seen;
    for (const Field& field : head.fields()) note_field(field, head, seen);
    head.has_content_type = seen.content_types != 0;
    set_persistence(head, seen);
    if (auto refusal = judge_host(head, seen)) return refusal;
    if (auto refusal = split_target(head)) return refusal;
    if (auto refusal = judge_body(head, seen, limits)) return refusal;
    if (seen.content_types > 1) return Refusal{400, "more than one Content-Type field"};
    if (seen.expect) return judge_expect(head);
    return {};
}

Refusal apply_head_rules(AnswerHead& head, const Limits& limits) noexcept {
    constexpr int kFirstStatus = 100;
    Seen seen;
    for (const Field& field : head.fields()) note_field(field, head, seen);
    set_persistence(head, seen);
    if (head.status < kFirstStatus) return Refusal{400, "status line: a status below 100"};
    return judge_body(head, seen, limits);
}

}  // namespace grove::http
