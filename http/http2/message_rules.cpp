#include "message_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include <nghttp2/nghttp2.h>

#include "ascii.h"
#include "scan.h"

namespace grove::http {
namespace {

constexpr std::array<std::string_view, 4> kPseudoFields{":method", ":scheme", ":path",
                                                        ":authority"};

constexpr std::uint8_t kMethod = 1;
constexpr std::uint8_t kScheme = 2;
constexpr std::uint8_t kPath = 4;
constexpr std::uint8_t kAuthority = 8;

const std::uint8_t* bytes_of_text(std::string_view text) noexcept {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

// The length alone tells most from it.
bool is_of_connection(std::string_view name, std::string_view value) noexcept {
    switch (name.size()) {
        case 2:
            return same(name, "te") && !matches(value, "trailers");
        case 7:
            return same(name, "upgrade");
        case 10:
            return same(name, "connection") || same(name, "keep-alive");
        case 16:
            return same(name, "proxy-connection");
        case 17:
            return same(name, "transfer-encoding");
        default:
            return false;
    }
}

bool is_value(std::string_view value) noexcept {
    return value.empty() ||
           (is_value_text(value) && !is_ows(value.front()) && !is_ows(value.back()));
}

// Any but these is one of a pseudo-field, or breaks the line.
bool is_field(std::string_view name, std::string_view value) noexcept {
    return !name.starts_with(':') &&
           nghttp2_check_header_name(bytes_of_text(name), name.size()) != 0 && is_value(value) &&
           !is_of_connection(name, value);
}

bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && is_alpha(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char byte) {
               return is_alpha(byte) || is_digit(byte) || byte == '+' || byte == '-' || byte == '.';
           });
}

std::optional<std::uint64_t> length_of(std::string_view value) noexcept {
    std::uint64_t length = 0;
    const char* const end = value.data() + value.size();
    const auto [at, error] = std::from_chars(value.data(), end, length);
    if (error != std::errc{} || at != end) return std::nullopt;
    return length;
}

}  // namespace

bool MessageRules::takes_pseudo_field(std::string_view name, std::string_view value) noexcept {
    const auto* const known = std::find(kPseudoFields.begin(), kPseudoFields.end(), name);
    if (known == kPseudoFields.end() || in_fields_) return false;
    const auto bit = static_cast<std::uint8_t>(1U << (known - kPseudoFields.begin()));
    if ((seen_ & bit) != 0) return false;
    seen_ |= bit;
    if (bit == kMethod) {
        connects_ = value == "CONNECT";
        return nghttp2_check_method(bytes_of_text(value), value.size()) != 0;
    }
    return bit == kScheme ? is_scheme(value) : bit != kPath || !value.empty();
}

bool MessageRules::takes_field(std::string_view name, std::string_view value) noexcept {
    if (name.starts_with(':')) return takes_pseudo_field(name, value);
    in_fields_ = true;
    if (!is_field(name, value)) return false;
    if (name != "content-length") return true;
    const bool first = !left_;
    left_ = length_of(value);
    return first && left_;
}

bool MessageRules::takes_head(bool ends) noexcept {
    constexpr std::uint8_t kOfTarget = kMethod | kScheme | kPath;
    const bool whole =
        connects_ ? seen_ == (kMethod | kAuthority) : (seen_ & kOfTarget) == kOfTarget;
    return whole && (!ends || takes_end());
}

bool MessageRules::takes_trailer(std::string_view name, std::string_view value) noexcept {
    return is_field(name, value);
}

bool MessageRules::takes_data(std::string_view bytes) noexcept {
    if (!left_) return true;
    if (bytes.size() > *left_) return false;
    *left_ -= bytes.size();
    return true;
}

}  // namespace grove::http
