// urgency.h - how urgent a client says an answer is (RFC 9218, section 4.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace grove::http {

/// Of an answer about which nothing is said. 0 is the most urgent, 7 the least.
inline constexpr std::uint8_t kUsualUrgency = 3;

struct Priority {
    std::uint8_t urgency = kUsualUrgency;
    bool incremental = false;  ///< Parts of it are of use, beside those of others.
};

/// Of the field Priority, or of what PRIORITY_UPDATE has in its place. Anything else that they say is passed over.
[[nodiscard]] Priority priority_of(std::string_view field) noexcept;

}  // namespace grove::http
