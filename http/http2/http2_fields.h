// http2_fields.h - the head of an answer as the fields of HTTP/2 (RFC 9113, section 8.3.2).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "response_head.h"

namespace grove::http {

/// What append_response_head() writes, with names in lower case and without what HTTP/2 has no need of: the framing but
/// for Content-Length, and the fields that are a connection's. Made for one head after the other, in memory that it keeps.
class Http2Fields {
public:
    Http2Fields() = default;
    Http2Fields(const Http2Fields&) = delete;
    Http2Fields& operator=(const Http2Fields&) = delete;

    /// Valid until the next call, and as long as what the head names. @throws std::bad_alloc
    [[nodiscard]] std::span<const nghttp2_nv> of(const ResponseHead& head);
    [[nodiscard]] std::span<const nghttp2_nv> of_trailers(const Headers& trailers);

private:
    void add_own(std::string_view name, std::string_view value, unsigned how = 0);
    void add(std::string_view name, std::string_view value);
    void add_headers(const Headers& headers, const ResponseFields& fields);

    static constexpr std::size_t kMostDigits = 20;

    std::string names_;  // of the application's fields
    std::array<char, kMostDigits> length_;
    std::vector<nghttp2_nv> all_;
};

}  // namespace grove::http
