#include "http2_head.h"

#include <algorithm>

#include "ascii.h"
#include "head_rules.h"
#include "method.h"
#include "scan.h"

namespace grove::http {
namespace {

constexpr std::size_t kUsualBytes = 512;
constexpr std::size_t kMostMethod = 64;
constexpr std::size_t kAroundField = 4;             // as HTTP/1.1 has it
constexpr std::string_view kVersion = " HTTP/2.0";  // as the log has the request line
constexpr char kNameEnds = ':';                     // no name has it
constexpr char kValueEnds = '\n';                   // no value has it
constexpr std::string_view kHost = "host";

}  // namespace

// One byte more than the limit shows that it is over it.
Http2Head::Part Http2Head::keep(std::string_view value, std::size_t most) {
    const Part part{text_.size(), most < value.size() ? most + 1 : value.size()};
    text_.append(value, 0, part.size);
    return part;
}

void Http2Head::add_pseudo_field(std::string_view name, std::string_view value,
                                 const Limits& limits) {
    if (text_.empty()) text_.reserve(kUsualBytes);
    if (same(name, ":method")) method_ = keep(value, kMostMethod);
    if (same(name, ":path")) target_ = keep(value, limits.request_line);
    if (!same(name, ":authority")) return;
    has_authority_ = true;
    authority_ = keep(value, limits.request_line);
    too_large_ = !fits(kHost.size() + value.size(), limits);
}

// The log has it in one piece.
void Http2Head::write_line() {
    if (target_.size == 0) target_ = authority_;  // of CONNECT
    const std::size_t begin = text_.size();
    text_.reserve(begin + method_.size + 1 + target_.size + kVersion.size());
    text_.append(view(method_));
    text_ += ' ';
    text_.append(view(target_)).append(kVersion);
    method_.at = begin;
    target_.at = begin + method_.size + 1;
    fields_ = text_.size();
}

bool Http2Head::fits(std::size_t bytes, const Limits& limits) noexcept {
    ++count_;
    bytes_ += bytes + kAroundField;
    return count_ <= limits.headers && bytes_ <= limits.header_bytes;
}

void Http2Head::add(std::string_view name, std::string_view value, const Limits& limits) {
    if (name.starts_with(':')) return add_pseudo_field(name, value, limits);
    too_large_ = too_large_ || !fits(name.size() + value.size(), limits);
    if (too_large_) return;
    if (fields_ == 0) write_line();
    has_length_ = has_length_ || same(name, "content-length");
    text_.append(name);
    text_ += kNameEnds;
    text_.append(value);
    text_ += kValueEnds;
}

// What only CONNECT and OPTIONS have in its place is judged as in HTTP/1.1.
bool Http2Head::is_target() const noexcept {
    const std::string_view target = view(target_);
    if (!std::all_of(target.begin(), target.end(), is_target_char)) return false;
    return target.starts_with('/') || same(target, "*") || same(view(method_), "CONNECT");
}

Refusal Http2Head::judge_line(const Limits& limits, const ExtraMethods* extra) const {
    const std::string_view method = view(method_);
    if (!is_known_method(method) && (extra == nullptr || !extra->hold(method)))
        return {501, "unknown method"};
    if (method_.size + 1 + target_.size + kVersion.size() > limits.request_line)
        return {414, "method and :path are over limits.request_line"};
    if (too_large_) return {431, "the head is larger than limits.headers or header_bytes"};
    return {};
}

Refusal Http2Head::read_fields(std::string_view rest, RequestHead& out) const {
    out.field_list.reserve(count_ + 1);
    if (has_authority_) out.field_list.push_back({kHost, view(authority_)});
    bool is_said = has_authority_;  // and a first Host says it once more
    while (!rest.empty()) {
        const std::size_t name = rest.find(kNameEnds);
        const std::size_t end = rest.find(kValueEnds, name);
        const Field field{rest.substr(0, name), rest.substr(name + 1, end - name - 1)};
        rest.remove_prefix(end + 1);
        if (is_said && same(field.name, kHost)) {
            if (field.value != view(authority_))
                return {400, ":authority and Host name different hosts"};
            is_said = false;
        } else {
            out.field_list.push_back(field);
        }
    }
    return {};
}

Refusal Http2Head::parse(const Limits& limits, const ExtraMethods* extra, bool ends,
                         RequestHead& out) {
    out.clear();
    if (fields_ == 0) write_line();
    const std::size_t end = text_.size();
    text_.append(kScanPadding, '\0');
    out.method = view(method_);
    out.target = view(target_);
    if (!is_target()) return {400, ":path is not an absolute path of printable characters"};
    if (const Refusal refusal = judge_line(limits, extra)) return refusal;
    const std::string_view fields{text_.data() + fields_, end - fields_};
    if (const Refusal refusal = read_fields(fields, out)) return refusal;
    if (!ends && !has_length_) out.field_list.push_back({"transfer-encoding", "chunked"});
    const Refusal refusal = apply_head_rules(out, limits);
    out.keep_alive = false;
    return refusal;
}

bool Http2Trailers::add(std::string_view name, std::string_view value, const Limits& limits) {
    bytes += name.size() + value.size() + kAroundField;
    if (fields.size() >= limits.headers || bytes > limits.header_bytes) return false;
    fields.emplace_back(name, value);
    return true;
}

}  // namespace grove::http
