// small_blocks.h - small blocks of memory that HTTP/2 sessions and streams have freed, for those to come.
//
// A turn of the hub takes and frees blocks by the hundred, of few sizes: more than malloc(3) keeps at hand.
#pragma once

#include <array>
#include <cstddef>

#include <nghttp2/nghttp2.h>

#include <grove/core/detail/spare_memory.h>

namespace grove::http {

/// Thread: one hub's. Never switches.
class SmallBlocks final : public SpareMemory {
public:
    SmallBlocks() noexcept : SpareMemory{kAlwaysKept} {}
    ~SmallBlocks() override;
    SmallBlocks(const SmallBlocks&) = delete;
    SmallBlocks& operator=(const SmallBlocks&) = delete;

    /// As malloc(3) and free(3).
    [[nodiscard]] void* allocate(std::size_t bytes) noexcept;
    void release(void* block) noexcept;

    /// The same for a session. Valid as long as this.
    [[nodiscard]] nghttp2_mem memory() noexcept;

private:
    static constexpr std::size_t kAlwaysKept = 64;
    static constexpr std::size_t kMostKept = 2048;
    static constexpr std::size_t kStep = 16;  // as malloc(3) of glibc
    static constexpr std::size_t kSizes = 64;

    struct Free {
        Free* next;
    };

    std::size_t let_one_go() noexcept override;

    std::array<Free*, kSizes> free_{};  // those at i hold i steps, and half a step
    std::size_t giving_ = 0;            // where let_one_go() was last
};

}  // namespace grove::http
