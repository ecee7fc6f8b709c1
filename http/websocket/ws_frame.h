// ws_frame.h - the parts of a WebSocket frame that its reader and its writer share (RFC 6455 section 5.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace grove::http {

enum class Opcode : std::uint8_t {
    kContinuation = 0x0,
    kText = 0x1,
    kBinary = 0x2,
    kClose = 0x8,
    kPing = 0x9,
    kPong = 0xa,
};

inline constexpr std::size_t kMaxControl = 125;     // bytes of a control frame's payload
inline constexpr std::size_t kMaxFrameHeader = 14;  // bytes, the mask included
inline constexpr std::size_t kMaskBytes = 4;

// Of a frame's first byte, with the opcode; of its second, with the length.
inline constexpr unsigned kFinal = 0x80;
inline constexpr unsigned kRsv1 = 0x40;
inline constexpr unsigned kOtherRsv = 0x30;
inline constexpr unsigned kMasked = 0x80;
inline constexpr unsigned kOf16Bits = 126;  // lengths that say how long the length is
inline constexpr unsigned kOf64Bits = 127;

using Mask = std::array<unsigned char, kMaskBytes>;

/// Which end of the connection sends: clients mask what they send, servers do not (section 5.1).
enum class Sender : std::uint8_t { kClient, kServer };

/// Masks or unmasks. @param at  how far into its frame's payload `data` begins
void apply_mask(char* data, std::size_t size, const Mask& mask, std::uint64_t at) noexcept;

}  // namespace grove::http
