#include "http2_fields.h"

#include <charconv>
#include <ctime>

#include "ascii.h"
#include "date.h"

namespace grove::http {
namespace {

constexpr std::size_t kCode = 3;
constexpr std::size_t kMostOwn = 5;

std::uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

/// Compared only where validate_headers() has seen one.
bool is_of_connection(std::string_view name, const ResponseFields& fields) noexcept {
    return (fields.has_content_length && matches(name, "content-length")) ||
           (fields.has_connection && matches(name, "connection"));
}

}  // namespace

// The session need not copy a name that is ours.
void Http2Fields::add_own(std::string_view name, std::string_view value, unsigned how) {
    all_.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(),
                    static_cast<std::uint8_t>(NGHTTP2_NV_FLAG_NO_COPY_NAME | how)});
}

// @pre names_ has room: those before it are viewed
void Http2Fields::add(std::string_view name, std::string_view value) {
    const std::size_t begin = names_.size();
    for (const char byte : name) names_ += to_lower(byte);
    all_.push_back({bytes_of({names_.data() + begin, name.size()}), bytes_of(value), name.size(),
                    value.size(), NGHTTP2_NV_FLAG_NONE});
}

void Http2Fields::add_headers(const Headers& headers, const ResponseFields& fields) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : headers) bytes += name.size();
    names_.reserve(bytes);
    for (const auto& [name, value] : headers) {
        if (!is_of_connection(name, fields)) add(name, trim_ows(value));
    }
}

std::span<const nghttp2_nv> Http2Fields::of(const ResponseHead& head) {
    names_.clear();
    all_.clear();
    all_.reserve(kMostOwn + (head.headers != nullptr ? head.headers->size() : 0));
    add_own(":status", head.status.substr(0, kCode));
    if (head.headers != nullptr) add_headers(*head.headers, head.fields);
    if (!head.server.empty() && !head.fields.has_server) add_own("server", head.server);
    // No other answer has the same: it would only take room among the fields that the client keeps.
    if (!head.request_id.empty() && !head.fields.has_request_id)
        add_own("x-request-id", head.request_id, NGHTTP2_NV_FLAG_NO_INDEX);
    if (!head.fields.has_date) add_own("date", http_date(std::time(nullptr)));
    if (head.framing == Framing::kLength) {
        const char* const end =
            std::to_chars(length_.data(), length_.data() + length_.size(), head.length).ptr;
        add_own("content-length", {length_.data(), static_cast<std::size_t>(end - length_.data())});
    }
    return all_;
}

std::span<const nghttp2_nv> Http2Fields::of_trailers(const Headers& trailers) {
    names_.clear();
    all_.clear();
    add_headers(trailers, {});
    return all_;
}

}  // namespace grove::http
