#include "content_length.h"

#include "ascii.h"

namespace grove::http {

std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept {
    constexpr std::size_t kMostDigits = 19;
    if (text.empty() || text.size() > kMostDigits) return std::nullopt;
    std::uint64_t length = 0;
    for (const char digit : text) {
        if (!is_digit(digit)) return std::nullopt;
        length = length * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return length;
}

}  // namespace grove::http
