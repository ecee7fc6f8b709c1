// elf_bytes.h - reads from a file's bytes, whatever offsets they claim.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

namespace grove::http {

/// The part of `bytes` from `offset`, of `size`; nullopt if it does not lie inside.
inline std::optional<std::string_view> elf_slice(std::string_view bytes, std::uint64_t offset,
                                                 std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.substr(offset, size);
}

/// A T that begins at `offset`; nullopt if it does not lie inside. The bytes need not be aligned.
template <class T>
std::optional<T> elf_load(std::string_view bytes, std::uint64_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::optional<std::string_view> raw = elf_slice(bytes, offset, sizeof(T));
    if (!raw) return std::nullopt;
    T value;
    std::memcpy(&value, raw->data(), sizeof(T));
    return value;
}

}  // namespace grove::http
