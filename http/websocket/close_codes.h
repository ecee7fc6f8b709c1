// close_codes.h - why a WebSocket is closed (RFC 6455 section 7.4).
#pragma once

#include <cstdint>

namespace grove::http::close_code {

inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocol = 1002;
inline constexpr std::uint16_t kNone = 1005;      // never sent: the Close frame had none
inline constexpr std::uint16_t kAbnormal = 1006;  // never sent: there was no Close frame
inline constexpr std::uint16_t kBadData = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kFailed = 1011;

/// A Close frame may have it.
[[nodiscard]] constexpr bool may_be_sent(std::uint16_t code) noexcept {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace grove::http::close_code
