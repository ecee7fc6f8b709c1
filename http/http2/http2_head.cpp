#include "http2_head.h"

#include <algorithm>

#include "ascii.h"
#include "guard.h"
#include "parser.h"
#include "scan.h"

namespace grove::http {
namespace {

constexpr std::size_t kMostMethod = 64;
constexpr std::string_view kVersion = "HTTP/1.1";
constexpr std::string_view kToldVersion = "HTTP/2.0";  // as long
constexpr std::string_view kChunked = "transfer-encoding: chunked\r\n";

bool breaks_lines(std::string_view text) noexcept {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

void append_line(std::string& lines, std::string_view name, std::string_view value) {
    lines.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

// One byte more than the limit has the guard refuse it.
void Http2Head::keep(std::string& where, std::string_view value, std::size_t most) {
    where = value.substr(0, most == Limits::kUnbounded ? most : most + 1);
}

void Http2Head::add(std::string_view name, std::string_view value, const Limits& limits) {
    breaks_lines_ = breaks_lines_ || breaks_lines(name) || breaks_lines(value);
    if (name.starts_with(':')) {
        if (name == ":method") keep(method_, value, kMostMethod);
        if (name == ":path") keep(target_, value, limits.request_line);
        if (name != ":authority") return;
        has_authority_ = true;
        return keep(authority_, value, limits.request_line);
    }
    constexpr std::size_t kAroundField = 4;
    const std::size_t bytes = fields_.size() + host_.size();
    too_large_ = too_large_ || ++count_ > limits.headers ||
                 name.size() + value.size() + kAroundField > limits.header_bytes ||
                 bytes > limits.header_bytes - (name.size() + value.size() + kAroundField);
    if (too_large_) return;
    has_length_ = has_length_ || name == "content-length";
    if (name == "host" && !has_host_) {
        has_host_ = true;
        host_ = value;
    } else {
        append_line(fields_, name, value);
    }
}

// What only CONNECT and OPTIONS have in its place is judged as in HTTP/1.1.
bool Http2Head::is_target() const noexcept {
    if (!std::all_of(target_.begin(), target_.end(), is_target_char)) return false;
    return target_.starts_with('/') || target_ == "*" || method_ == "CONNECT";
}

// What cannot be written as a head of HTTP/1.1.
Refusal Http2Head::judge() const noexcept {
    if (breaks_lines_) return {400, "a field with a line's end in it"};
    if (!is_target()) return {400, ":path is not an absolute path of printable characters"};
    if (has_authority_ && has_host_ && authority_ != host_)
        return {400, ":authority and Host name different hosts"};
    if (too_large_) return {431, "the head is larger than limits.headers or header_bytes"};
    return {};
}

void Http2Head::write_line() {
    text_.reserve(method_.size() + target_.size() + authority_.size() + host_.size() +
                  fields_.size() + 128);
    text_.append(method_).append(" ").append(target_).append(" ").append(kVersion).append("\r\n");
}

void Http2Head::write_fields(bool chunked) {
    if (has_authority_ || has_host_)
        append_line(text_, "host", has_authority_ ? authority_ : host_);
    text_.append(fields_);
    if (chunked) text_.append(kChunked);
    text_.append("\r\n");
}

Refusal Http2Head::parse(const Limits& limits, const ExtraMethods* extra, bool ends,
                         RequestHead& out) {
    out.clear();
    if (target_.empty()) target_ = authority_;  // of CONNECT
    write_line();
    Refusal refusal = judge();
    if (!refusal) {
        write_fields(!ends && !has_length_);
        refusal = read(limits, extra, out);
    }
    const std::string_view line = text_;
    out.method = line.substr(0, method_.size());
    out.target = line.substr(method_.size() + 1, target_.size());
    text_.replace(method_.size() + target_.size() + 2, kVersion.size(), kToldVersion);
    return refusal;
}

// By the rules of HTTP/1.1.
Refusal Http2Head::read(const Limits& limits, const ExtraMethods* extra, RequestHead& out) {
    const std::size_t length = text_.size();
    text_.append(kScanPadding, '\0');
    const std::string_view head = std::string_view{text_}.substr(0, length);
    Guard guard;
    const GuardState state = guard.feed(head, limits, extra);
    if (state == GuardState::kRefused) return guard.refusal();
    if (state != GuardState::kComplete || guard.skipped() != 0 || guard.head_length() != length)
        return {400, "the head cannot be one of HTTP"};
    if (const Refusal refusal = HeadParser::parse(head, limits, out)) return refusal;
    out.keep_alive = false;
    return {};
}

}  // namespace grove::http
