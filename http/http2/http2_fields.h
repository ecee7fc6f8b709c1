// http2_fields.h - the head of an answer as the fields of HTTP/2 (RFC 9113, section 8.3.2).
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "response_head.h"

namespace grove::http {

/// What append_response_head() writes, with names in lower case and without what HTTP/2 has no need of: the framing but
/// for Content-Length, and the fields that are a connection's.
class Http2Fields {
public:
    explicit Http2Fields(const ResponseHead& head);
    Http2Fields(const Http2Fields&) = delete;
    Http2Fields& operator=(const Http2Fields&) = delete;

    /// Valid as long as this object and what the head names.
    [[nodiscard]] std::span<const nghttp2_nv> all() const noexcept { return all_; }

private:
    void add(std::string_view name, std::string_view value);

    std::deque<std::string> texts_;
    std::vector<nghttp2_nv> all_;
};

}  // namespace grove::http
