#include "guard.h"

#include <algorithm>
#include <cstring>

#include <grove/core/detail/assert.h>

#include "ascii.h"
#include "method.h"
#include "scan.h"

namespace grove::http {
namespace {

constexpr std::string_view kVersionPattern = "HTTP/d.d";
constexpr std::string_view kStatusPattern = "HTTP/d.d ddd";
constexpr std::uint8_t kEmptyLine = 2;
constexpr std::uint8_t kMostSkipped = 2 * kEmptyLine;  // old clients send one or two after a POST
constexpr std::size_t kMajorAt = 5;
constexpr std::size_t kMinorAt = 7;

bool belongs(std::string_view pattern, std::size_t index, char byte) noexcept {
    return pattern[index] == 'd' ? is_digit(byte) : pattern[index] == byte;
}

bool is_crlf(const char* at, const char* end) noexcept {
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

bool is_known(std::string_view method, const ExtraMethods* extra) noexcept {
    return is_known_method(method) || (extra != nullptr && extra->hold(method));
}

/// The byte after a request line that is whole and in order; null for any other.
const char* fast_request_line(const char* line, const char* end, std::size_t limit,
                              const ExtraMethods* extra) noexcept {
    constexpr std::string_view kVersion = "HTTP/1.";
    constexpr std::ptrdiff_t kTail = 1 + 8 + 2;  // SP, version, CRLF
    const char* const method_end = detail::skip_bytes(line, end, is_token_char);
    if (method_end == end || *method_end != ' ') return nullptr;
    if (!is_known({line, static_cast<std::size_t>(method_end - line)}, extra)) return nullptr;

    const char* const target = method_end + 1;
    const char* const target_end = skip_target(target, end);
    if (target_end == target || end - target_end < kTail || *target_end != ' ') return nullptr;

    const char* const version = target_end + 1;
    if (std::memcmp(version, kVersion.data(), kVersion.size()) != 0) return nullptr;
    if (!is_digit(version[kMinorAt])) return nullptr;
    const char* const line_end = version + kVersionPattern.size();
    const bool fits = static_cast<std::size_t>(line_end - line) <= limit;
    return fits && is_crlf(line_end, end) ? line_end + 2 : nullptr;
}

}  // namespace

// Two ways through the same language. Whole lines that are in order take the fast one, sixteen
// bytes at a time. Whatever it does not recognise, because it is cut off or because it is wrong,
// take() reads byte by byte: it alone knows the refusals, so they cannot depend on where a read
// ended.
GuardState Guard::feed(std::string_view buffer, const Limits& limits,
                       const ExtraMethods* extra) noexcept {
    GROVE_ASSERT(expects_ != Expects::kNothing, "Guard::feed() after the head's end");
    GROVE_ASSERT(buffer.size() >= scanned_, "Guard::feed() with a shorter buffer than before");
    const char* const base = buffer.data();
    const char* const end = base + buffer.size();
    const char* at = base + scanned_;

    while (at != end && expects_ != Expects::kNothing) {
        if (expects_ == Expects::kStart) {
            if (const char* const next = fast_request_line(at, end, limits.request_line, extra)) {
                at = next;
                mark_ = static_cast<std::size_t>(at - base);
                expects_ = Expects::kLine;
                continue;
            }
        } else if (expects_ == Expects::kLine) {
            at = fast_fields(base, at, end, limits);
            if (is_crlf(at, end)) {
                at += 2;
                expects_ = Expects::kNothing;
                break;
            }
            if (at == end) break;
        }
        at = skip_rest(base, at, end, limits);
        if (at == end) break;
        take(base, static_cast<std::size_t>(at - base), limits, extra);
        ++at;
    }
    scanned_ = static_cast<std::size_t>(at - base);
    return state();
}

/// Passes the field lines that are whole and in order; returns the first line that is not one.
const char* Guard::fast_fields(const char* base, const char* line, const char* end,
                               const Limits& limits) noexcept {
    const char* const first = base + mark_;
    const std::size_t most = std::min(limits.header_bytes, static_cast<std::size_t>(end - first));
    const char* const stop = first + most;
    while (fields_ < limits.headers) {
        // The name may hold nothing that a value may not, so the line's end is found without it:
        // the next line can be looked at while this one's name is still being checked (-40 %).
        const char* const cr = skip_value(line, stop);
        const char* const colon = skip_token(line, cr);
        if (!is_crlf(cr, stop) || colon == line || *colon != ':') break;
        ++fields_;
        line = cr + 2;
    }
    return line;
}

/// Passes what is in order of a long target or value that came in several reads: a client could have each byte of it taken.
const char* Guard::skip_rest(const char* base, const char* at, const char* end,
                             const Limits& limits) const noexcept {
    const auto stop = [&](std::size_t first, std::size_t most) {
        return base + first + std::min(most, static_cast<std::size_t>(end - base) - first);
    };
    if (expects_ == Expects::kTarget) return skip_target(at, stop(skipped_, limits.request_line));
    if (expects_ == Expects::kValue) return skip_value(at, stop(mark_, limits.header_bytes));
    return at;
}

void Guard::take(const char* base, std::size_t at, const Limits& limits,
                 const ExtraMethods* extra) noexcept {
    const char byte = base[at];
    switch (expects_) {
        case Expects::kStart:
            if (byte == '\r') {
                expects_ = Expects::kStartLf;
                return;
            }
            expects_ = Expects::kMethod;
            return take_request_line(base, at, limits.request_line, extra);
        case Expects::kStartLf:
            if (byte != '\n') return refuse(400, "CR without LF before the request line");
            skipped_ += kEmptyLine;
            expects_ = skipped_ < kMostSkipped ? Expects::kStart : Expects::kMethod;
            return;
        case Expects::kMethod:
        case Expects::kTarget:
        case Expects::kVersion:
        case Expects::kRequestLf:
            return take_request_line(base, at, limits.request_line, extra);
        case Expects::kStatus:
        case Expects::kStatusLf:
            return take_status_line(byte, at, limits.request_line);
        case Expects::kLine:
        case Expects::kName:
        case Expects::kValue:
        case Expects::kFieldLf:
            return take_field(byte, at, limits);
        case Expects::kEndLf:
            return take_lf(byte, Expects::kNothing);
        case Expects::kNothing:
            return;
    }
}

void Guard::take_request_line(const char* base, std::size_t at, std::size_t limit,
                              const ExtraMethods* extra) noexcept {
    const char byte = base[at];
    if (expects_ == Expects::kRequestLf) return take_request_lf(base, at);
    if (at - skipped_ >= limit && byte != '\r') return refuse(414, "request line over the limit");
    if (expects_ == Expects::kMethod) return take_method(base, at, extra);
    if (expects_ == Expects::kTarget) return take_target(byte, at);
    take_version(byte, at - mark_);
}

void Guard::take_method(const char* base, std::size_t at, const ExtraMethods* extra) noexcept {
    const char byte = base[at];
    if (is_token_char(byte)) return;
    if (byte != ' ') return refuse(400, "request line: a method must be a token");
    const std::string_view method{base + skipped_, at - skipped_};
    if (method.empty()) return refuse(400, "request line: it begins with a space");
    if (!is_known(method, extra)) return refuse(501, "request line: unknown method");
    expects_ = Expects::kTarget;
    mark_ = at + 1;
}

void Guard::take_target(char byte, std::size_t at) noexcept {
    if (is_target_char(byte)) return;
    if (byte == '\r' || byte == '\n') return refuse(400, "request line: no protocol version");
    if (byte != ' ') return refuse(400, "request line: a byte that no target may hold");
    if (at == mark_) return refuse(400, "request line: two spaces, or no target");
    expects_ = Expects::kVersion;
    mark_ = at + 1;
}

void Guard::take_version(char byte, std::size_t index) noexcept {
    if (index < kVersionPattern.size()) {
        if (!belongs(kVersionPattern, index, byte)) refuse(400, "request line: no HTTP version");
    } else if (byte == '\r') {
        expects_ = Expects::kRequestLf;
    } else {
        refuse(400, "request line: no CRLF after the version");
    }
}

void Guard::take_request_lf(const char* base, std::size_t at) noexcept {
    if (base[at] != '\n') return refuse(400, "request line: CR without LF");
    if (base[mark_ + kMajorAt] != '1') return refuse(505, "request line: not HTTP/1");
    expects_ = Expects::kLine;
    mark_ = at + 1;
}

// Servers that send no reason often leave its space out.
void Guard::take_status_line(char byte, std::size_t at, std::size_t limit) noexcept {
    if (expects_ == Expects::kStatusLf) {
        if (byte != '\n') return refuse(400, "status line: CR without LF");
        expects_ = Expects::kLine;
        mark_ = at + 1;
        return;
    }
    if (at >= limit && byte != '\r') return refuse(431, "status line over the limit");
    if (at < kStatusPattern.size()) {
        if (!belongs(kStatusPattern, at, byte))
            return refuse(400, "status line: not an HTTP version and three digits");
        if (at == kMajorAt && byte != '1') refuse(505, "status line: not HTTP/1");
    } else if (byte == '\r') {
        expects_ = Expects::kStatusLf;
    } else if (at == kStatusPattern.size() ? byte != ' ' : !is_value_char(byte)) {
        refuse(400, "status line: no space after the status, or a control byte");
    }
}

void Guard::take_field(char byte, std::size_t at, const Limits& limits) noexcept {
    if (expects_ == Expects::kLine && byte == '\r') {
        expects_ = Expects::kEndLf;
        return;
    }
    if (at - mark_ >= limits.header_bytes)
        return refuse(431, "header fields over the limit of bytes");
    switch (expects_) {
        case Expects::kLine:
            return take_line_start(byte, limits.headers);
        case Expects::kName:
            if (is_token_char(byte)) return;
            if (byte == ':') {
                expects_ = Expects::kValue;
                return;
            }
            if (is_ows(byte)) return refuse(400, "header field: space before the colon");
            return refuse(400, "header field: a name must be a token with a colon after it");
        case Expects::kValue:
            if (is_value_char(byte)) return;
            if (byte != '\r')
                return refuse(400, "header field: control byte or bare LF in a value");
            expects_ = Expects::kFieldLf;
            return;
        default:
            return take_lf(byte, Expects::kLine);
    }
}

void Guard::take_line_start(char byte, std::size_t limit) noexcept {
    if (is_ows(byte)) return refuse(400, "header field: a line that begins with a space");
    if (fields_ >= limit) return refuse(431, "more header fields than the limit");
    if (byte == ':') return refuse(400, "header field: no name");
    if (!is_token_char(byte)) return refuse(400, "header field: a name must be a token");
    ++fields_;
    expects_ = Expects::kName;
}

void Guard::take_lf(char byte, Expects next) noexcept {
    if (byte != '\n') return refuse(400, "header section: CR without LF");
    expects_ = next;
}

void Guard::refuse(std::uint16_t status, const char* why) noexcept {
    expects_ = Expects::kNothing;
    refused_status_ = status;
    why_ = why;
}

}  // namespace grove::http
