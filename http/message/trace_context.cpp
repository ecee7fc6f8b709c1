#include "trace_context.h"

#include <algorithm>
#include <cstddef>

namespace grove::http {
namespace {

constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kParentDigits = 16;
constexpr std::string_view kPattern = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// Capitals are against the rules.
bool are_digits(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) noexcept {
    return are_digits(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

std::string told_traceparent(std::string_view value) {
    if (value.size() < kPattern.size()) return {};
    const std::string_view version = value.substr(0, 2);
    const std::string_view more = value.substr(kPattern.size());
    const bool may_have_more = version != "00" && more.starts_with('-');
    if (!are_digits(version) || version == "ff" || (!more.empty() && !may_have_more)) return {};
    if (value[2] != '-' || value[35] != '-' || value[52] != '-') return {};
    const std::string_view flags = value.substr(53, 2);
    if (!is_id(value.substr(3, kTraceDigits)) || !is_id(value.substr(36, kParentDigits)) ||
        !are_digits(flags))
        return {};
    return "00" + std::string{value.substr(2, kPattern.size() - 2)};
}

std::string begun_traceparent(std::string_view digits) {
    std::string text = "00-";
    text.append(digits.substr(0, kTraceDigits)).append("-");
    return text.append(digits.substr(kTraceDigits, kParentDigits)).append("-00");
}

}  // namespace grove::http
