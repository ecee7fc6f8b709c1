// http2_head.h - the head of a request that came as fields (RFC 9113, section 8.3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <grove/http/headers.h>
#include <grove/http/limits.h>

#include "refusal.h"
#include "request_head.h"

namespace grove::http {

struct ExtraMethods;

/// Gathers the fields of one head, which MessageRules has passed, and judges them by the very rules of HTTP/1.1.
class Http2Head {
public:
    /// In the order in which they came. What is past the limits is not kept.
    void add(std::string_view name, std::string_view value, const Limits& limits);

    /// Once. @param ends  there is no body
    /// @param out  overwritten; its views are valid as long as this object. One that is refused has method and target.
    /// @return as HeadParser
    Refusal parse(const Limits& limits, const ExtraMethods* extra, bool ends, RequestHead& out);

private:
    struct Part {  // of text_
        std::size_t at = 0;
        std::size_t size = 0;
    };

    [[nodiscard]] std::string_view view(Part part) const noexcept {
        return {text_.data() + part.at, part.size};
    }
    void add_pseudo_field(std::string_view name, std::string_view value, const Limits& limits);
    [[nodiscard]] Part keep(std::string_view value, std::size_t most);
    void write_line();
    [[nodiscard]] bool is_target() const noexcept;
    [[nodiscard]] bool fits(std::size_t bytes, const Limits& limits) noexcept;
    [[nodiscard]] Refusal judge_line(const Limits& limits, const ExtraMethods* extra) const;
    [[nodiscard]] Refusal read_fields(std::string_view rest, RequestHead& out) const;

    // What the pseudo-fields say; then the request line, once these are complete, and each field with its ends marked.
    std::string text_;
    Part method_;
    Part target_;
    Part authority_;
    std::size_t fields_ = 0;  // where they begin in text_; 0: none has come
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;  // as HTTP/1.1 would have them
    bool has_authority_ = false;
    bool has_length_ = false;
    bool too_large_ = false;
};

/// Those that came behind the body, which MessageRules has passed.
struct Http2Trailers {
    /// @return false: they are over the limits of a head
    [[nodiscard]] bool add(std::string_view name, std::string_view value, const Limits& limits);

    Headers fields{};
    std::size_t bytes = 0;
};

}  // namespace grove::http
