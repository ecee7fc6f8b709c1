#include "http2_fields.h"

#include <algorithm>
#include <ctime>

#include "ascii.h"
#include "date.h"

namespace grove::http {
namespace {

constexpr std::size_t kCode = 3;

bool is_of_framing(std::string_view name) noexcept {
    return matches(name, "content-length") || matches(name, "connection");
}

std::uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

void Http2Fields::add(std::string_view name, std::string_view value) {
    if (std::any_of(name.begin(), name.end(), [](char byte) { return byte != to_lower(byte); })) {
        std::string& lower = texts_.emplace_back(name);
        std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
        name = lower;
    }
    all_.push_back(
        {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

Http2Fields::Http2Fields(const ResponseHead& head) {
    constexpr std::size_t kOwn = 5;
    all_.reserve(kOwn + (head.headers != nullptr ? head.headers->size() : 0));
    add(":status", head.status.substr(0, kCode));
    if (head.headers != nullptr) {
        for (const auto& [name, value] : *head.headers) {
            if (!is_of_framing(name)) add(name, trim_ows(value));
        }
    }
    if (!head.server.empty() && !head.fields.has_server) add("server", head.server);
    if (!head.request_id.empty() && !head.fields.has_request_id)
        add("x-request-id", head.request_id);
    if (!head.fields.has_date) add("date", texts_.emplace_back(http_date(std::time(nullptr))));
    if (head.framing == Framing::kLength)
        add("content-length", texts_.emplace_back(std::to_string(head.length)));
}

}  // namespace grove::http
