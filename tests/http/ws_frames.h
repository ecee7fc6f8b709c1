// ws_frames.h - frames of a WebSocket's client, made byte by byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ws_frame.h"
#include "ws_writer.h"

namespace grove::http::testing {

/// A masked frame. @param first  its first byte: FIN 0x80, RSV1 0x40, and the opcode
inline std::string client_frame(unsigned first, std::string_view payload) {
    constexpr Mask kMask{0x37, 0xfa, 0x21, 0x3d};
    const FrameHeader header{static_cast<Opcode>(first & 0x0fU), payload.size(), false, kMask};
    std::string frame{header.bytes()};
    frame.front() = static_cast<char>(first);
    const std::size_t at = frame.size();
    frame.append(payload);
    apply_mask(frame.data() + at, payload.size(), kMask, 0);
    return frame;
}

inline std::string text_frame(std::string_view text) { return client_frame(0x81, text); }
inline std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    return client_frame(0x88, payload.append(reason));
}

}  // namespace grove::http::testing
