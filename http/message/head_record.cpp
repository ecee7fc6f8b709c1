#include "head_record.h"

#include <algorithm>
#include <cstddef>

namespace grove::http {
namespace {

constexpr std::size_t kLoggedLine = 4096;

// From the method to the version, as the client sent it.
std::string_view request_line(const RequestHead& head) noexcept {
    constexpr std::string_view kVersion = " HTTP/1.x";
    if (head.method.empty() || head.target.empty()) return {};
    const char* const end = head.target.data() + head.target.size() + kVersion.size();
    return std::string_view{head.method.data(), static_cast<std::size_t>(end - head.method.data())};
}

std::string_view value_of(const RequestHead& head, std::string_view lower_name) noexcept {
    const Field* field = head.find(lower_name);
    return field != nullptr ? field->value : std::string_view{};
}

}  // namespace

void describe_head(AccessRecord& record, const RequestHead& head) noexcept {
    record.request_line = request_line(head).substr(0, kLoggedLine);
    record.method = head.method;
    record.target = head.target;
    record.protocol = protocol_of(head);
    record.stream = head.stream;
    record.referer = value_of(head, "referer");
    record.agent = value_of(head, "user-agent");
}

std::string_view first_line(std::string_view bytes) noexcept {
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    return bytes.substr(0, std::min(bytes.find_first_of("\r\n"), kLoggedLine));
}

}  // namespace grove::http
