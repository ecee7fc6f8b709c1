// head_meanings.h - request heads beside what they mean: guard and parser together, each head cut in every way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "guard.h"
#include "parser.h"
#include "segments.h"

namespace grove::http::testing {

/// A head's meaning as text; of the fields only those named X-.
inline std::string describe(const RequestHead& head) {
    std::string text{head.method};
    text.append(" ").append(head.path);
    if (!head.query.empty()) text.append("?").append(head.query);
    text += " 1." + std::to_string(head.version_minor);
    if (!head.host.empty()) text.append(" host=").append(head.host);
    text += head.keep_alive ? " keep" : " close";
    if (head.content_length) text += " length=" + std::to_string(*head.content_length);
    if (head.chunked) text += " chunked";
    if (head.expect_continue) text += " expect";
    if (head.upgrade) text += " upgrade";
    if (head.has_content_type) text.append(" type=").append(head.content_type);
    for (const Field& field : head.fields()) {
        if (field.name.starts_with("X-"))
            text.append(" ").append(field.name).append("=<").append(field.value).append(">");
    }
    return text;
}

/// The meaning of `bytes`, "more" if the head is not complete, or the status of the refusal.
inline std::string read_head(std::string_view bytes, const Reads& reads, RequestHead& head) {
    const Limits limits;
    Guard guard;
    for (const std::size_t length : reads) {
        const Padded buffer{bytes, length, 'a'};
        const GuardState found = guard.feed(buffer.view(), limits);
        if (found == GuardState::kNeedMore) continue;
        if (found == GuardState::kRefused) return std::to_string(guard.refusal().status);
        const auto whole = buffer.view().substr(guard.skipped(), guard.head_length());
        if (const Refusal refusal = HeadParser::parse(whole, limits, head)) {
            EXPECT_FALSE(std::string_view{refusal.why}.empty());
            return std::to_string(refusal.status);
        }
        return describe(head);
    }
    return "more";
}

struct HeadRow {
    std::string_view rule;  ///< Of the project's specification, or an RFC's section.
    std::string_view bytes;
    std::string_view meaning;
};

template <std::size_t N>
void expect_meanings(const HeadRow (&rows)[N]) {
    RequestHead head;  // one for all: nothing of a request may show in the next
    for (const HeadRow& row : rows) {
        for (const Reads& reads : ways_to_cut(row.bytes.size())) {
            ASSERT_EQ(read_head(row.bytes, reads, head), row.meaning)
                << row.rule << " " << ::testing::PrintToString(row.bytes) << " cut at "
                << reads.front();
        }
    }
}

}  // namespace grove::http::testing

/// A GET of / on HTTP/1.1 with Host: h and these further field lines.
#define WITH(FIELDS) "GET / HTTP/1.1\r\nHost: h\r\n" FIELDS "\r\n\r\n"sv
#define POST(FIELDS) "POST / HTTP/1.1\r\nHost: h\r\n" FIELDS "\r\n\r\n"sv
#define HOST(TEXT) "GET / HTTP/1.1\r\nHost: " TEXT "\r\n\r\n"sv
#define OLD(FIELDS) "GET / HTTP/1.0\r\n" FIELDS "\r\n\r\n"sv
/// A request for this target, and one with this method.
#define TARGET(TEXT) "GET " TEXT " HTTP/1.1\r\nHost: h\r\n\r\n"sv
#define LINE(TEXT) TEXT "\r\nHost: h\r\n\r\n"sv
