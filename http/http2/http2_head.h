// http2_head.h - the head of a request that came as fields (RFC 9113, section 8.3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <grove/http/limits.h>

#include "refusal.h"
#include "request_head.h"

namespace grove::http {

struct ExtraMethods;

/// Gathers the fields of one head, and reads them by the very rules of HTTP/1.1: it writes them out as a head of that,
/// and has the guard and the parser pass it. What cannot be written so was refused before, or is here.
class Http2Head {
public:
    /// In the order in which they came. What is past the limits is not kept.
    void add(std::string_view name, std::string_view value, const Limits& limits);

    /// @param ends  there is no body
    /// @param out  overwritten; its views are valid as long as this object. One that is refused has method and target.
    /// @return as HeadParser
    Refusal parse(const Limits& limits, const ExtraMethods* extra, bool ends, RequestHead& out);

private:
    void keep(std::string& where, std::string_view value, std::size_t most);
    [[nodiscard]] bool is_target() const noexcept;
    [[nodiscard]] Refusal judge() const noexcept;
    void write_line();
    void write_fields(bool chunked);
    Refusal read(const Limits& limits, const ExtraMethods* extra, RequestHead& out);

    std::string method_;
    std::string target_;
    std::string authority_;
    std::string host_;
    std::string fields_;  // as lines
    std::size_t count_ = 0;
    bool has_authority_ = false;
    bool has_host_ = false;
    bool has_length_ = false;
    bool too_large_ = false;
    bool breaks_lines_ = false;
    std::string text_;
};

}  // namespace grove::http
