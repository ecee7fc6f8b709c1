#include "request_text.h"

namespace grove::wsgi {
namespace {

constexpr std::size_t kUsualBytes = 1024;
constexpr std::size_t kUsualEntries = 32;

}  // namespace

RequestText::RequestText(const http::Environ& request) {
    text_.reserve(kUsualBytes);
    entries_.reserve(kUsualEntries);
    request.for_each([this](std::string_view key, std::string_view value) {
        text_.append(key).append(value);
        entries_.push_back({.key_bytes = key.size(), .value_bytes = value.size()});
    });
}

std::string_view RequestText::operator[](std::string_view wanted) const noexcept {
    std::string_view found;
    for_each([&](std::string_view key, std::string_view value) {
        if (key == wanted) found = value;
    });
    return found;
}

}  // namespace grove::wsgi
