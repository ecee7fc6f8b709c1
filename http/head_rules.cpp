#include "head_rules.h"

#include <grove/http/headers.h>

#include "ascii.h"
#include "authority.h"
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
void note_field(const Field& field, RequestHead& head, Seen& seen) noexcept {
    switch (field.name.size()) {
        case 4:
            if (!matches(field.name, "host")) return;
            head.host = field.value;
            ++seen.hosts;
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
            if (!matches(field.name, "content-type")) return;
            head.content_type = field.value;
            ++seen.content_types;
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

std::optional<Refusal> judge_host(const RequestHead& head, const Seen& seen) noexcept {
    if (seen.hosts > 1) return Refusal{400, "more than one Host field"};
    if (seen.hosts == 0) {
        if (head.version_minor == 0) return std::nullopt;
        return Refusal{400, "HTTP/1.1 without a Host field"};
    }
    if (!is_host_value(head.host)) return Refusal{400, "Host: not a host with an optional port"};
    return std::nullopt;
}

std::optional<Refusal> judge_length(RequestHead& head, const Seen& seen,
                                    const Limits& limits) noexcept {
    if (seen.lengths > 1) return Refusal{400, "more than one Content-Length field"};
    head.content_length = parse_content_length(seen.length);
    if (!head.content_length)
        return Refusal{400, "Content-Length: not a number of at most 19 digits"};
    if (*head.content_length > limits.body) return Refusal{413, "Content-Length over the limit"};
    return std::nullopt;
}

/// What one coding among those of Transfer-Encoding does to the request.
enum class Coding { kChunked, kUnknown, kMalformed };

Coding coding_of(std::string_view name) noexcept {
    if (matches(name, "chunked")) return Coding::kChunked;
    if (!is_token(name) || matches(name, "identity")) return Coding::kMalformed;
    // xchunked, 'chunked', chunkedx: nobody's coding, and somebody's attempt.
    constexpr std::string_view kChunked = "chunked";
    for (std::size_t at = 0; at + kChunked.size() <= name.size(); ++at) {
        if (matches(name.substr(at, kChunked.size()), kChunked)) return Coding::kMalformed;
    }
    return Coding::kUnknown;
}

std::optional<Refusal> judge_coding(RequestHead& head, const Seen& seen) noexcept {
    if (seen.lengths != 0) return Refusal{400, "both Content-Length and Transfer-Encoding"};
    if (head.version_minor == 0) return Refusal{400, "Transfer-Encoding in HTTP/1.0"};
    bool malformed = false;
    bool unknown = false;
    bool chunked = false;
    for (const Field& field : head.fields()) {
        if (!matches(field.name, "transfer-encoding")) continue;
        for_each_element(field.value, [&](std::string_view name) {
            malformed = malformed || chunked;  // something after chunked
            const Coding coding = coding_of(name);
            if (coding == Coding::kMalformed) malformed = true;
            if (coding == Coding::kUnknown) unknown = true;
            if (coding == Coding::kChunked) chunked = true;
        });
    }
    if (malformed)
        return Refusal{400, "Transfer-Encoding: malformed, or chunked not last and once"};
    if (unknown) return Refusal{501, "Transfer-Encoding: another coding than chunked"};
    head.chunked = true;
    return std::nullopt;
}

std::optional<Refusal> judge_expect(RequestHead& head) noexcept {
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
    return std::nullopt;
}

std::optional<Refusal> judge_body(RequestHead& head, const Seen& seen,
                                  const Limits& limits) noexcept {
    if (seen.coding) return judge_coding(head, seen);
    if (seen.lengths != 0) return judge_length(head, seen, limits);
    return std::nullopt;
}

void set_persistence(RequestHead& head, const Seen& seen) noexcept {
    head.keep_alive = !seen.close_token && (head.version_minor == 1 || seen.keep_alive_token);
    head.upgrade = seen.upgrade && seen.upgrade_token && head.version_minor != 0;
}

}  // namespace

std::optional<Refusal> apply_head_rules(RequestHead& head, const Limits& limits) noexcept {
    Seen seen;
    for (const Field& field : head.fields()) note_field(field, head, seen);
    head.has_content_type = seen.content_types != 0;
    set_persistence(head, seen);
    if (auto refusal = judge_host(head, seen)) return refusal;
    if (auto refusal = split_target(head)) return refusal;
    if (auto refusal = judge_body(head, seen, limits)) return refusal;
    if (seen.content_types > 1) return Refusal{400, "more than one Content-Type field"};
    if (seen.expect) return judge_expect(head);
    return std::nullopt;
}

}  // namespace grove::http
