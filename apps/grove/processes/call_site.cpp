#include "call_site.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace grove::http {
namespace {

std::uintptr_t behind(std::uintptr_t next_instruction, const unsigned char* distance) noexcept {
    std::int32_t relative = 0;
    std::memcpy(&relative, distance, sizeof relative);
    return next_instruction + static_cast<std::uintptr_t>(static_cast<std::intptr_t>(relative));
}

// What the loader has put there; another library's function, as a rule.
CallSite through(std::uintptr_t slot, const CheckedMemory& memory) noexcept {
    std::uintptr_t target = 0;
    if (!memory.read(slot, &target, sizeof target)) return {.kind = CallSite::Kind::kUnknown};
    return {.kind = CallSite::Kind::kKnown, .target = target};
}

// A function, or the few instructions that jump to one of another library: endbr64 and bnd, if they are there, and
// jmp *slot.
CallSite directly(std::uintptr_t target, const CheckedMemory& memory) noexcept {
    std::array<unsigned char, 16> first;
    if (!memory.read(target, first.data(), first.size())) return {};
    std::size_t at = 0;
    if (std::memcmp(first.data(), "\xf3\x0f\x1e\xfa", 4) == 0) at += 4;
    if (first[at] == 0xf2) ++at;
    if (first[at] == 0xff && first[at + 1] == 0x25)
        return through(behind(target + at + 6, &first[at + 2]), memory);
    return {.kind = CallSite::Kind::kKnown, .target = target};
}

}  // namespace

CallSite call_before(std::uintptr_t return_address, const CodeMap& code,
                     const CheckedMemory& memory) noexcept {
    constexpr std::size_t kLongest = 7;
    const CodeMap::Range* const range = code.find(return_address);
    if (range == nullptr || return_address - range->begin < kLongest) return {};
    std::array<unsigned char, kLongest> bytes;
    if (!memory.read(return_address - kLongest, bytes.data(), kLongest)) return {};
    if (bytes[2] == 0xe8) {
        const std::uintptr_t target = behind(return_address, &bytes[3]);
        if (code.find(target) != nullptr) return directly(target, memory);
    }
    if (bytes[1] == 0xff && bytes[2] == 0x15)
        return through(behind(return_address, &bytes[3]), memory);
    for (const std::size_t at : {0U, 1U, 3U, 4U, 5U}) {  // in the lengths that it may have
        if (bytes[at] == 0xff && (bytes[at + 1] & 0x38U) == 0x10)
            return {.kind = CallSite::Kind::kUnknown};
    }
    return {};
}

}  // namespace grove::http
