// crc32c.h - Castagnoli's checksum (RFC 3720, appendix B.4): reflected, polynomial 0x1EDC6F41.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace grove::http {

constexpr std::array<std::uint32_t, 256> crc32c_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte != table.size(); ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = rest >> 1U ^ ((rest & 1U) != 0 ? 0x82f63b78U : 0U);
        table[byte] = rest;
    }
    return table;
}

inline constexpr std::array<std::uint32_t, 256> kCrc32c = crc32c_table();

constexpr std::uint32_t crc32c(std::string_view bytes) noexcept {
    std::uint32_t rest = 0xffffffffU;
    for (const char byte : bytes)
        rest = rest >> 8U ^ kCrc32c[(rest ^ static_cast<unsigned char>(byte)) & 0xffU];
    return ~rest;
}

static_assert(crc32c("123456789") == 0xe3069283U);

}  // namespace grove::http
